"""Orchestration: thin Prefect flows, settings, tracking, registry and the command line."""
