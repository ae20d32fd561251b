"""Tools for tests: contract checks for recommenders and sources, small worlds, the reference model."""
