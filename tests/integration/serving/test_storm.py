"""A short storm: models swapped, the worker killed, the store away; ``tests/benchmarks/storm.py`` is the long one."""

import asyncio
from itertools import combinations

import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.served import serve
from tests.support.storms import Weather, calm, kill_the_worker, lock_the_store, promote, recorded
from tests.support.tiny_world import write_tiny_bundle
from tests.support.visitors import make_key, with_key

pytestmark = [pytest.mark.integration, pytest.mark.slow]

HISTORIES = [dict.fromkeys(tracks, 1.0) for tracks in combinations(["t1", "t2", "t3", "t4", "t5"], 2)]


def test_nothing_is_lost_or_wrong_while_models_are_swapped_the_worker_dies_and_the_store_is_away(tmp_path):
    home = Home(tmp_path / "home")
    bundles = [write_tiny_bundle(home.bundles, name) for name in ("slim", "item-knn", "content")]
    set_champion(home, bundles[0].bundle_id, "the first one")
    key = with_key(make_key(home, "listen", per_minute=1_000_000))
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service:
        weather = Weather(service, key, bundles, HISTORIES)
        events = [
            promote(home, bundles[1], service),
            lock_the_store(home, service),
            promote(home, bundles[2], service),
            kill_the_worker(service),
            promote(home, bundles[0], service),
        ]
        storm = asyncio.run(weather.blow(1_200, events))
        asyncio.run(calm(service))
    assert (storm.failed[:3], storm.wrong[:3]) == ([], [])
    assert set(storm.answers) == {bundle.bundle_id for bundle in bundles}
    assert storm.answers.total() + len(storm.told) == storm.sent >= 1_200
    assert sorted(recorded(home)) == sorted(storm.told)
    assert "Traceback" not in service.log()
