"""What several groups of integration tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support import postgres


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Postgres]:
    """A private Postgres."""
    programs = postgres.programs()
    if programs is None:
        assert os.environ.get("CI") != "true", "CI has to test with Postgres: infra/scripts/postgres.sh"
        pytest.skip("there is no Postgres here; 'make test' installs it on Debian as root")
    with postgres.running(programs) as running:
        yield running
