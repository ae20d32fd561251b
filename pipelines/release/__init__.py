"""Promotion decisions, bundles and the champion pointer."""
