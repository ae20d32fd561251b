"""One Spark cluster for all tests of the engines: two workers, each a process with its own Java, on this machine."""

from __future__ import annotations

import pytest

from pipelines.engines.choosing import EngineChoice, started
from tests.support.java import missing_for_spark

CLUSTER = EngineChoice.of("spark", "local-cluster[2,1,1024]")


@pytest.fixture(scope="session")
def cluster():
    if missing := missing_for_spark():
        pytest.skip(missing)
    with started(CLUSTER) as engine:
        yield engine
