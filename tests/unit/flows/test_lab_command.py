"""The commands of the failure lab: what they list, refuse, tell and leave behind."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext

import pytest

from flows.cli.main import main
from pipelines.testing.lab.account import Guard, LabAccount, Outcome
from pipelines.testing.lab.failures import failure_named, failures

CONTROL = Outcome(None, "got through", (), "home", 1.0)


@pytest.fixture
def visit(monkeypatch, tmp_path):
    """Let a visit to the lab end with a given account; return the folder of temporary things."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("flows.cli.story.flow_session", lambda _: nullcontext())

    def end_with(*outcomes):
        monkeypatch.setattr("flows.lab.run_lab", lambda _: LabAccount(CONTROL, outcomes, 2.0))
        return tmp_path

    return end_with


def outcome(*, holds):
    return Outcome(failure_named("label-swap"), "stopped", (Guard("gate: batch.opinions", "0.2", holds),), "home", 1.0)


def test_every_failure_is_listed(capsys):
    assert main(["lab", "list", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == [each.name for each in failures()]


@pytest.mark.parametrize("words", [["run"], ["run", "--all", "label-swap"], ["run", "solar-flare"]])
def test_what_cannot_be_meant_is_refused(words, capsys):
    assert main(["lab", *words]) == 2
    assert "crossfade lab" in capsys.readouterr().err


@pytest.mark.parametrize(("holds", "status"), [(True, 0), (False, 1)])
def test_the_exit_status_says_whether_anything_got_through(visit, holds, status, capsys):
    folder = visit(outcome(holds=holds))
    assert main(["lab", "run", "label-swap", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert told["good"] is holds
    assert [each["caught_by"] != [] for each in told["failures"]] == [holds]
    assert list(folder.iterdir()) == []


def test_the_story_names_the_guard_the_screens_and_the_cure(visit, capsys):
    folder = visit(outcome(holds=True))
    assert main(["lab", "run", "label-swap", "--keep"]) == 0
    told, failure = capsys.readouterr().out, failure_named("label-swap")
    for words in ("✔ stopped, caught by gate: batch.opinions", failure.prefect, failure.expectations, failure.mend):
        assert words in told
    assert "1 of 1 failures caught" in told
    [kept] = folder.iterdir()
    assert str(kept) in told
