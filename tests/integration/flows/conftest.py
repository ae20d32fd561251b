"""One Prefect server and one small world for all tests of the flows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from flows.settings import Settings, load_settings
from pipelines.home import Home
from tests.support.lifecycles import environment, small_settings


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory) -> Iterator[str]:
    """The address of a Prefect server inside the test process; ends with everything recorded."""
    from flows.prefect_env import prefect_server

    home = tmp_path_factory.mktemp("prefect-home")
    with prefect_server(Settings(home=home)) as url:
        yield url


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
    with environment(**variables):
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
