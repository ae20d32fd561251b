"""Fixtures for all tests."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from hypothesis import settings

# A law is about values, not about time: a busy machine must not break it. Fifty examples find what a thousand find in
# tables this small; HYPOTHESIS_PROFILE=thorough looks longer.
settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets: CROSSFADE_SHARED_DATA, or ../shared/data beside the checkout."""
    named = os.environ.get("CROSSFADE_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder} (CROSSFADE_SHARED_DATA names another folder)")
    return folder


@pytest.fixture(autouse=True)
def _our_loggers_work():
    """Undo what import-linter and BentoML do when they arrange logs: they silence every logger they do not name."""
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.partition(".")[0] in {"flows", "serving", "validation", "pipelines"} and isinstance(
            logger, logging.Logger
        ):
            logger.disabled = False
