"""What MLflow refuses is said as one error a person can act on."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.exceptions import MlflowException

from flows.registry import Registry, answering
from pipelines.errors import CrossfadeError, RegistryError

BUNDLE = SimpleNamespace(bundle_id="b")


@pytest.mark.parametrize(
    "ask",
    [
        lambda registry: registry.register(BUNDLE, "run", {}),
        lambda registry: registry.replace_bundle("b", BUNDLE),
        lambda registry: registry.remove_bundle("b", "why"),
        lambda registry: registry.replace_page("run", Path(__file__)),
        lambda registry: registry.describe("1", "words", {}),
        lambda registry: registry.follow({"champion": "b"}),
    ],
    ids=["register", "replace a bundle", "remove a bundle", "replace a page", "describe", "follow"],
)
def test_a_registry_that_is_away_is_named(ask, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    # Nobody listens on port 1 of this machine.
    with pytest.raises(RegistryError, match=r"http://127\.0\.0\.1:1: the model registry does not answer"):
        ask(Registry("http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        MlflowException("(sqlite3.OperationalError) database or disk is full"),
    ],
    ids=["files", "database"],
)
def test_a_full_disk_is_called_one(error):
    with pytest.raises(CrossfadeError, match="the disk is full") as caught, answering("sqlite:///runs.db"):
        raise error
    assert not isinstance(caught.value, RegistryError)


def test_where_other_files_are_read_as_well_their_errors_are_their_own():
    with pytest.raises(FileNotFoundError), answering("sqlite:///runs.db", files=()):
        raise FileNotFoundError
