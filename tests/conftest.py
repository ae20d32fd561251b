"""Fixtures for all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: CROSSFADE_SHARED_DATA, or ../shared/data beside the checkout."""
    named = os.environ.get("CROSSFADE_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (CROSSFADE_SHARED_DATA names another folder)")
    return folder
