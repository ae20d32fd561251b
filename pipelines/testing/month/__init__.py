"""A month in the life of an installation, as data: deliveries, faults, and who wants to leave."""
