"""From a snapshot to matrices: histories and side information."""
