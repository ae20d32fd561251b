"""An outcome in words and numbers."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from pipelines.data.approval import Finding, Severity, Verdict
from pipelines.data.row_parsing import REASON, ROW, TABLE
from validation.outcome import Judgement
from validation.quarantine_lines import ACTION, BLANKED, QUARANTINE_SCHEMA, RULE, SET_ASIDE, UNREADABLE, count_reasons
from validation.report import TableSummary, summarise

WARNING = Finding("tracks", "tempo to be at most 250", Severity.WARN, 2, "'a|b'")
REFUSAL = Finding("interactions", "the number of listeners to be at least 5", Severity.STOP, 0, "<b>3</b>")


@pytest.fixture
def outcome() -> Judgement:
    actions = [SET_ASIDE, SET_ASIDE, UNREADABLE, BLANKED]
    lines = {
        TABLE: ["interactions", "interactions", "interactions", "tracks"],
        ACTION: actions,
        RULE: ["interactions.kind"] * 4,
        REASON: actions,
        ROW: ["{}"] * 4,
    }
    return Judgement(
        verdict=Verdict(subject="s", suite="r", checked=46, findings=(REFUSAL, WARNING), docs="file:///docs"),
        read={"interactions": 75, "tracks": 12, "playlists": 0},
        kept={"interactions": 72, "tracks": 12, "playlists": 0},
        reasons=count_reasons(pa.table(lines, schema=QUARANTINE_SCHEMA)),
    )


def test_the_rows_of_each_table_add_up(outcome):
    assert summarise(outcome).tables == (
        TableSummary("interactions", read=75, kept=72, set_aside=2, unreadable=1, blanked=0),
        TableSummary("tracks", read=12, kept=12, set_aside=0, unreadable=0, blanked=1),
        TableSummary("playlists", read=0, kept=0, set_aside=0, unreadable=0, blanked=0),
    )


def test_what_stops_the_flow_is_told_in_sentences(outcome):
    summary = summarise(outcome)
    assert not summary.passed
    assert summary.refusals == ("interactions: expected the number of listeners to be at least 5, found <b>3</b>",)


def test_why_rows_could_not_be_read_is_told_apart_from_rules_that_were_broken(outcome):
    (reason,) = summarise(outcome).unreadable
    assert (reason.table, reason.action, reason.rows) == ("interactions", UNREADABLE, 1)


def test_it_can_be_written_as_json(outcome):
    summary = json.loads(json.dumps(summarise(outcome).to_json()))
    assert summary["findings"][0]["severity"] == "stop"
    assert summary["reasons"][0] == {"table": "interactions", "action": SET_ASIDE, "reason": SET_ASIDE, "rows": 2}


def test_the_page_shows_numbers_and_lets_no_value_break_its_tables(outcome):
    page = summarise(outcome).to_markdown()
    assert "| interactions | 75 | 72 | 2 | 1 | 0 |" in page
    assert "| warn | tracks | tempo to be at most 250 | 2 | 'a\\|b' |" in page
    assert "&lt;b>3" in page
    assert "<b>" not in page
    assert "[Data Docs](file:///docs)" in page
