"""A model of what growth costs, fitted on measured runs."""
