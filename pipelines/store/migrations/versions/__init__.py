"""The versions of the store's tables, in the order in which each names the one before."""
