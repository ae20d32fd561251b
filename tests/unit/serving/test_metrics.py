from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.atomic import write_text
from pipelines.home import Home
from pipelines.store.database import Database
from pipelines.store.secret import Secret
from serving.engine import Engine
from serving.observing.figures_app import monitored
from serving.observing.metrics import Metrics
from serving.store.gateway import StoreGateway
from serving.store.spool import Spool
from tests.support.stores import event

HOLDER = SimpleNamespace(version="m1", refused=None, refused_trials=["m2"])


@pytest.fixture
def gateway(tmp_path):
    home = Home(tmp_path)
    return StoreGateway(Database.of(home), Spool(home.spool), Secret(b"s" * 32))


@pytest.fixture
def metrics(monkeypatch):
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    return Metrics(["/v1/a"])


@pytest.fixture
def lines(metrics, gateway):
    """A function that returns the figures as they are now, line by line."""
    return lambda: set(metrics.exposition(HOLDER, gateway).decode().splitlines())


def test_bundles_on_trial_that_could_not_be_loaded_are_told(lines):
    assert "crossfade_trials_refused 1.0" in lines()


def test_addresses_nobody_knows_are_one(metrics, lines):
    for path in ("/v1/a", "/v1/a", "/x", "/y"):
        metrics.called(path, 200, 0.003)
    found = lines()
    assert 'crossfade_call_seconds_count{call="/v1/a",status="200"} 2.0' in found
    assert 'crossfade_call_seconds_count{call="other",status="200"} 2.0' in found
    assert 'crossfade_call_seconds_bucket{call="other",le="0.002",status="200"} 0.0' in found
    assert 'crossfade_call_seconds_bucket{call="other",le="0.005",status="200"} 2.0' in found


def test_coverage_and_cold_tracks_are_of_the_catalogue(metrics, lines, engine: Engine):
    # six tracks; nobody played the last one (t6) in training
    everything = engine.recommend({"t1": 1.0}, 6)
    assert len(everything.tracks) == 5
    assert np.count_nonzero(engine.bundle.listeners == 0) == 1
    metrics.listed(engine, everything)
    found = lines()
    version = engine.version
    assert f'crossfade_list_coverage{{model_version="{version}"}} {5 / 6}' in found
    assert f'crossfade_listed_tracks_total{{model_version="{version}"}} 5.0' in found
    assert f'crossfade_listed_cold_tracks_total{{model_version="{version}"}} 1.0' in found


def test_what_waits_in_the_spool_is_told_with_its_age(lines, gateway):
    assert "crossfade_store_lag_seconds 0.0" in lines()
    gateway.spool.append([event("a")])
    (lag,) = [float(line.split()[1]) for line in lines() if line.startswith("crossfade_store_lag_seconds ")]
    assert lag > 0 or gateway.lag() == 0
    assert "crossfade_spool_bytes 0.0" not in lines()


def test_what_monitoring_found_last_is_shown_with_the_rest_and_its_absence_is_no_error(tmp_path):
    home = Home(tmp_path)
    assert monitored(home) == b""
    write_text(home.monitoring_figures, "crossfade_input_join_rate 1.0\n")
    assert monitored(home) == b"crossfade_input_join_rate 1.0\n"
