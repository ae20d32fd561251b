"""The failure lab: all ten are caught by the guards made for them, and the healthy world passes every guard."""

from __future__ import annotations

import json

import pytest

from flows.lab import lab_settings, run_lab
from pipelines.testing.lab.failures import failures

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]


def names_of_runs(tag):
    """Return what Prefect shows under a tag: the first two words of the name of each flow run."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter

    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate({"tags": {"all_": [tag]}}))
    # What became of a run stands behind a colon.
    return sorted(" ".join(run.name.partition(":")[0].split()[:2]) for run in runs)


@pytest.mark.usefixtures("prefect_api")
def test_every_failure_is_caught_and_the_healthy_world_is_not(tmp_path):
    with lab_settings(tmp_path):
        account = run_lab([failure.name for failure in failures()])
    assert account.control.fired == ()
    assert {each.failure.name: each.good for each in account.outcomes} == {each.name: True for each in failures()}
    assert names_of_runs("label-swap") == ["ingest files"]
    assert names_of_runs("leaked-test-rows") == ["ingest files", "promote", "train on"]
    told = json.loads(json.dumps(account.to_json()))
    assert told["good"] is True
    assert {each["failure"]: each["result"] for each in told["failures"]} == {
        "leaked-test-rows": "refused",
        "broken-id-map": "stopped",
        "popularity-in-disguise": "refused",
        "drifted-feature-scale": "stopped",
        "duplicated-export": "put right",
        "time-zone-shift": "stopped",
        "silent-schema-change": "stopped",
        "stale-champion": "told",
        "poisoned-ratings": "stopped",
        "label-swap": "stopped",
    }
