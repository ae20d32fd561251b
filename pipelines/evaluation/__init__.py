"""Splits, metrics, comparisons and reports."""
