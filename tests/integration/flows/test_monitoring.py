"""Monitoring as a flow: what it finds on a real home folder, where that goes, and when it raises an alarm."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from mlflow import MlflowClient

from flows.alarming import GATE_REFUSED
from flows.cli.main import main
from flows.releasing import watch_canary
from flows.settings import load_settings
from pipelines.data import columns as c
from pipelines.home import Home
from pipelines.monitoring.rules import InputRules
from tests.support import weeks
from tests.support.alarms import sent

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture
def home(world, tmp_path, monkeypatch) -> Home:
    """A copy of the world after one lifecycle."""
    shutil.copytree(world.home.root, tmp_path / "home", ignore=shutil.ignore_patterns("prefect"))
    for name, value in (world.variables | {"CROSSFADE_HOME": str(tmp_path / "home")}).items():
        monkeypatch.setenv(name, value)
    return Home(tmp_path / "home")


def monitored(capsys, *arguments):
    """Return the exit status and what the command says in JSON."""
    status = main(["monitor", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def verdicts(report):
    return {f"{each['check']} {each['subject']}".strip(): each["verdict"] for each in report["checks"]}


def remembered(home):
    """Return the alarms that were sent and go on."""
    return set(json.loads((home.monitoring / "alarms.json").read_text(encoding="utf-8")))


def test_a_healthy_home_is_quiet_and_what_was_found_is_shown_everywhere(home, prefect_api, capsys):
    assert monitored(capsys)[0] == 0
    status, report = monitored(capsys)
    assert (status, report["quiet"]) == (0, True)
    found = verdicts(report)
    assert found["psi energy"] == "unknown", "thirty listeners are too few"
    assert found["age ingestion"] == found["coverage"] == "quiet"
    assert found["overlap"] == "unknown", "nothing was served a day ago"

    figures = home.monitoring_figures.read_text(encoding="utf-8")
    assert 'crossfade_monitor_breaches{group="inputs"} 0.0' in figures
    artifact = httpx.get(f"{prefect_api}/artifacts/monitoring/latest", timeout=30).raise_for_status().json()
    assert artifact["description"].strip() == f"**{report['headline']}**"
    assert {row["check"] for row in json.loads(artifact["data"])} >= {"psi of energy", "coverage"}

    runs = httpx.post(f"{prefect_api}/flow_runs/filter", json={"sort": "START_TIME_DESC", "limit": 1}, timeout=30)
    assert runs.raise_for_status().json()[0]["name"] == "monitor: all quiet"

    client = MlflowClient(load_settings().settings.tracking_uri)
    experiment = client.get_experiment_by_name("crossfade-monitoring")
    days = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert days[f"monitoring of {report['at'][:10]}"].data.tags["snapshot"] == report["subject"]["snapshot"]
    # Two runs, where midnight is between the looks.
    points = [client.get_metric_history(run.info.run_id, "breaches/inputs") for run in days.values()]
    assert sum(map(len, points)) == 2, "a point for each look"


def test_the_model_of_a_day_ago_is_asked_for_the_same_histories(home, capsys):
    log = home.release_events
    yesterday = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    entries = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    log.write_text("".join(json.dumps(entry | {"at": yesterday}) + "\n" for entry in entries), encoding="utf-8")
    report = monitored(capsys)[1]
    assert [each["figure"] for each in report["checks"] if each["check"] == "overlap"] == [1.0]


def test_what_is_too_old_raises_an_alarm_once_and_again_when_it_has_been_well_meanwhile(home, prefect_api, capsys):
    began = datetime.now(UTC)
    long_ago = datetime.now(UTC).timestamp() - 9 * 86_400
    os.utime(home.latest_snapshot, (long_ago, long_ago))
    assert monitored(capsys)[0] == 1
    assert monitored(capsys)[0] == 1
    assert remembered(home) == {"crossfade.stale"}
    os.utime(home.latest_snapshot)
    assert monitored(capsys)[0] == 0
    assert remembered(home) == set()
    os.utime(home.latest_snapshot, (long_ago, long_ago))
    assert monitored(capsys)[0] == 1
    alarms = sent(prefect_api, "crossfade.stale", began, at_least=2)
    assert len(alarms) == 2, "three looks at a breach, two alarms"
    assert alarms[0]["resource"]["prefect.resource.id"] == "crossfade.installation"
    assert alarms[0]["payload"]["headline"] == "freshness: age of ingestion"
    assert alarms[0]["payload"]["sentences"] == ["the last ingestion is 9.0 days old; 3 are allowed"]


def test_a_part_that_cannot_be_looked_at_is_said_and_keeps_nobody_from_the_others(home, capsys):
    home.events.write_bytes(b"this is no database")
    status, report = monitored(capsys)
    found = verdicts(report)
    assert status == 1
    assert [name for name, verdict in found.items() if verdict == "breach"] == ["unreadable outcomes"]
    assert "coverage" in found


def test_a_damaged_state_of_the_release_is_an_alarm_and_no_crash(home, capsys):
    home.champion.write_text("{", encoding="utf-8")
    status, report = monitored(capsys)
    assert status == 1
    assert {name for name, verdict in verdicts(report).items() if verdict == "breach"} == {
        "unreadable predictions",
        "unreadable freshness",
    }
    assert set(report["subject"]) == {"snapshot"}
    assert remembered(home) == {"crossfade.unhealthy"}


def test_a_damaged_mlflow_keeps_nobody_from_what_was_found(home, monkeypatch):
    (home.root / "broken.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("CROSSFADE_MLFLOW_TRACKING_URI", f"sqlite:///{home.root / 'broken.db'}")
    assert main(["monitor"]) == 0
    assert home.monitoring_figures.exists()


def test_a_service_that_is_away_is_a_breach(home, monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_SERVICE_URL", "http://127.0.0.1:9")
    status, report = monitored(capsys)
    assert status == 1
    assert verdicts(report)["ready"] == "breach"


def test_a_schedule_finds_no_canary_and_that_is_no_failure(home):
    assert watch_canary() is None


@pytest.fixture
def empty_home(new_home, world):
    """A home folder with nothing in it but MLflow's tables, which take longer to make than all the rest."""
    new_home.root.mkdir(parents=True)
    shutil.copy(world.home.mlflow_db, new_home.mlflow_db)
    return new_home


def test_a_home_without_anything_has_nothing_to_say(empty_home, capsys):
    status, report = monitored(capsys)
    assert status == 0
    assert set(verdicts(report).values()) == {"unknown"}


def test_a_drift_in_what_was_ingested_is_an_event(empty_home, prefect_api, tmp_path, capsys):
    began = datetime.now(UTC)
    write_world(tmp_path, weeks.tastes_move(0.6))
    files = ["--interactions", str(tmp_path / "rows.parquet"), "--tracks", str(tmp_path / "tracks.parquet")]
    assert main(["ingest", "files", *files]) == 0
    capsys.readouterr()

    status, report = monitored(capsys)

    assert status == 1
    assert [name for name, verdict in verdicts(report).items() if verdict == "breach"] == ["psi popularity"]
    alarm = sent(prefect_api, "crossfade.drift", began)[0]
    assert alarm["payload"]["checks"] == ["psi of popularity"]
    assert alarm["payload"]["subject"] == report["subject"]
    assert monitored(capsys, "--against", report["subject"]["snapshot"])[0] == 0, "it is like itself"


def test_a_delivery_that_the_gate_stops_is_an_event(empty_home, prefect_api, tmp_path, capsys):
    began = datetime.now(UTC)
    write_world(tmp_path, weeks.tracks_become_unknown(0.0))
    rows = pq.read_table(tmp_path / "rows.parquet")
    most = pa.array(np.arange(rows.num_rows) < 0.6 * rows.num_rows)
    lost = pc.if_else(most, pa.scalar(None, pa.string()), rows[c.TRACK_ID])
    pq.write_table(rows.set_column(rows.column_names.index(c.TRACK_ID), c.TRACK_ID, lost), tmp_path / "rows.parquet")
    files = ["--interactions", str(tmp_path / "rows.parquet"), "--tracks", str(tmp_path / "tracks.parquet")]
    assert main(["ingest", "files", *files]) == 1
    (stopped, *_) = sent(prefect_api, GATE_REFUSED, began)
    assert stopped["payload"]["headline"] == "the gate stopped what came from Files (CSV or Parquet)"
    assert stopped["payload"]["sentences"]


def write_world(folder, drift):
    """Write the last nine weeks of a synthetic world, the newest with a drift."""
    of, rules = weeks.world(1), InputRules()
    end = weeks.week_ends(1)[0]
    before = of.until(end - timedelta(days=rules.days), rules.days * rules.windows)
    newest = drift(of.until(end, rules.days), of, np.random.default_rng(1))
    pq.write_table(pa.concat_tables([before, newest]), folder / "rows.parquet")
    pq.write_table(of.tracks.data.drop_columns([c.SOURCE]), folder / "tracks.parquet")
