"""One Prefect server and one small world for all tests of the flows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.settings import Settings, load_settings
from pipelines.environment import variables_set
from pipelines.home import Home
from tests.support.killing import InProcesses, processes
from tests.support.lifecycles import small_settings
from tests.support.refreshes import POLICY, TRAINING, at, copied, deliver


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory) -> Iterator[str]:
    """The address of a Prefect server inside the test process; ends with everything recorded."""
    from flows.prefect_env import prefect_server

    home = tmp_path_factory.mktemp("prefect-home")
    with prefect_server(Settings(home=home)) as url:
        yield url


@pytest.fixture(scope="session")
def in_processes(prefect_api, tmp_path_factory) -> Iterator[InProcesses]:
    """A function that runs commands, each in a process that may be killed."""
    with processes(tmp_path_factory.mktemp("commands") / "said.log") as run:
        yield run


@dataclass(frozen=True)
class World:
    """A home folder through which the loop has gone once.

    Attributes:
        settings: Its settings.
        variables: The environment in which commands and flows find it.
        ingested: What the first part of the loop said; likewise the next two.
    """

    settings: Settings
    variables: dict[str, str]
    ingested: object
    trained: object
    promoted: object

    @property
    def home(self) -> Home:
        return self.settings.layout


@pytest.fixture(scope="session")
def world(prefect_api, tmp_path_factory) -> World:
    """The tiny synthetic world after one lifecycle; tests must leave it as it is."""
    folder = tmp_path_factory.mktemp("world")
    variables = small_settings(folder / "config", folder / "home")
    with variables_set(variables):
        from flows.lifecycle import lifecycle

        summary = lifecycle("synthetic", {"size": "tiny"})
        settings = load_settings().settings
    return World(settings, variables, summary.ingested, summary.trained, summary.promoted)


@pytest.fixture
def new_home(prefect_api, tmp_path, monkeypatch) -> Home:
    """A home folder with the small configuration and nothing in it."""
    for name, value in small_settings(tmp_path / "config", tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert os.environ["PREFECT_API_URL"] == prefect_api
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def refreshing(tmp_path_factory) -> dict[str, str]:
    """The environment of homes in which a champion is refreshed, but for the home itself."""
    return small_settings(tmp_path_factory.mktemp("config"), Path("home"), training=TRAINING, policy=POLICY)


@pytest.fixture(scope="session")
def fed(prefect_api, refreshing, tmp_path_factory) -> Path:
    """A home with a champion, and newer data that nothing has learned from yet; tests must leave it as it is."""
    from flows.ingestion import ingest
    from flows.lifecycle import lifecycle

    folder: Path = tmp_path_factory.mktemp("fed")
    first, second = deliver(folder)
    with at(folder / "home", refreshing):
        assert lifecycle("files", first).promoted.decision.promote
        ingest("files", second)
    return folder / "home"


@pytest.fixture(scope="session")
def trained(fed, refreshing, tmp_path_factory) -> Path:
    """A copy of it after a training that nobody disturbed; tests must leave it as it is."""
    from flows.training import train

    home = copied(fed, tmp_path_factory.mktemp("trained"))
    with at(home.root, refreshing):
        train()
    return home.root
