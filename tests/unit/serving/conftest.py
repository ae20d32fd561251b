"""Engines over the tiny world."""

from __future__ import annotations

import pytest

from serving.engine import Engine
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture(scope="session")
def engine(tmp_path_factory) -> Engine:
    """The engine of a SLIM bundle."""
    return Engine(write_tiny_bundle(tmp_path_factory.mktemp("bundles")))
