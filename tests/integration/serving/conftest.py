"""Live services over the tiny world."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from pipelines.home import Home
from pipelines.release.bundle import ModelBundle
from pipelines.release.champion import set_champion
from tests.support.exports import zip_of
from tests.support.served import Served, serve
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture(scope="session")
def champion(tmp_path_factory) -> tuple[Home, ModelBundle]:
    """A home folder with a champion."""
    home = Home(tmp_path_factory.mktemp("home"))
    bundle = write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "it beats everything in this tiny world")
    return home, bundle


@pytest.fixture(scope="session")
def service(champion, tmp_path_factory) -> Iterator[Served]:
    """A service that serves the champion."""
    home, _ = champion
    with serve(tmp_path_factory.mktemp("service"), {"CROSSFADE_HOME": str(home.root)}) as served:
        yield served


@pytest.fixture(scope="session")
def client(service) -> Iterator[httpx.Client]:
    """A plain HTTP client of the service."""
    with httpx.Client(base_url=service.url) as client:
        yield client


@pytest.fixture(scope="session")
def export(tmp_path_factory) -> bytes:
    """An export from Spotify of somebody who plays the tiny world."""
    return zip_of(tmp_path_factory.mktemp("export") / "x.zip").read_bytes()
