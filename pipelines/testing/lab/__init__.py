"""The failure lab: classic failures of data and models, to be injected into a copy of a small world."""
