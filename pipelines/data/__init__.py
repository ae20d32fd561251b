"""Tables, their contracts, provenance and snapshots."""
