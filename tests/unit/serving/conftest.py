"""Engines over the tiny world."""

from __future__ import annotations

import gc
import logging

import pytest

from serving.engine import Engine
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture(scope="session")
def engine(tmp_path_factory) -> Engine:
    """The engine of a SLIM bundle."""
    return Engine(write_tiny_bundle(tmp_path_factory.mktemp("bundles")))


@pytest.fixture(autouse=True)
def _logs_that_can_be_read(monkeypatch):
    """Let the service's messages reach pytest, whatever a service in this process has arranged before."""
    monkeypatch.setattr(logging.getLogger("serving"), "propagate", True)


@pytest.fixture(autouse=True)
def _thawed_garbage_collector():
    """Undo what loading a model does to the garbage collector."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)
