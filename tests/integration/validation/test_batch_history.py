"""A batch at the gate beside the batches that were accepted before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Severity
from pipelines.data.reading import Reading
from tests.support.dirty_tables import LISTENERS, NOW, TRACKS, good_tracks, interaction, tables
from validation.gate import check
from validation.history import Past
from validation.report import summarise
from validation.rules import GateRules

pytestmark = pytest.mark.integration

RULES = GateRules(past={"least_batches": 2, "least_rows": 50})


def batch(rows=120, *, seconds=200, hours=24, later=0, isrc="GBAAA9800322", tempo=77.0):
    """Return tables whose plays go round listeners, tracks and hours."""
    plays = [
        interaction(
            user_id=LISTENERS[row % len(LISTENERS)],
            track_id=TRACKS[row % len(TRACKS)],
            at=NOW - timedelta(days=30, hours=row % hours - later),
            value=1_000.0 * seconds + row % 7,
        )
        for row in range(rows)
    ]
    catalogue = [{**row, c.ISRC: isrc, c.TEMPO: tempo + place} for place, row in enumerate(good_tracks() * 5)]
    for place, row in enumerate(catalogue):
        row[c.TRACK_ID] = TRACKS[place] if place < len(TRACKS) else f"more-{place}"
    return tables(plays, catalogue)


def judge(given, past, reading=Reading.POPULATION, rules=RULES, docs=None):
    return check(given, rules.for_source("files", reading), docs=docs, now=NOW, past=past)


def accepted(*batches):
    past = Past()
    for place, given in enumerate(batches):
        profile = judge(given, None).judgement.profile
        past = past.with_batch(profile, NOW + timedelta(days=place), keep=20)
    return past


@pytest.fixture(scope="module")
def past():
    return accepted(batch(108), batch(120), batch(132))


def found(outcome):
    return [(finding.severity, finding.example) for finding in outcome.judgement.verdict.findings]


def test_a_batch_like_those_before_passes_without_a_word(past):
    outcome = judge(batch(126), past)
    assert found(outcome) == []
    assert outcome.judgement.notes == (
        "The batch was compared with 3 accepted before, the last at 2026-06-03T00:00:00+00:00.",
    )


def test_with_too_little_past_nothing_is_compared_and_the_report_says_so():
    outcome = judge(batch(seconds=0.2), accepted(batch()))
    assert found(outcome) == []
    note = "The batch was not compared with earlier ones: 1 accepted so far, 2 are needed."
    assert outcome.judgement.notes == (note,)
    assert note in summarise(outcome.judgement).to_markdown()


def test_another_unit_is_refused_of_a_population_and_reported_of_a_person(past):
    in_seconds = batch(seconds=0.2)
    distance = "1 for lengths of plays"
    # It is an upheaval, all of it where there was nothing before, and a shift.
    assert found(judge(in_seconds, past)) == [*[(Severity.STOP, distance)] * 2, (Severity.WARN, distance)]
    assert found(judge(in_seconds, past, Reading.PERSON)) == [(Severity.WARN, distance)] * 3


def test_a_small_shift_is_reported(past):
    outcome = judge(batch(hours=16), past)
    assert outcome.judgement.verdict.passed
    [(severity, example)] = found(outcome)
    assert severity is Severity.WARN
    assert example.endswith("for hours of the day (UTC)")
    assert 0.2 < float(example.split()[0]) < 0.5


def test_a_feature_that_was_scaled_is_named(past):
    assert found(judge(batch(tempo=140.0), past)) == [
        *[(Severity.STOP, "1 for values of tempo")] * 2,
        (Severity.WARN, "1 for values of tempo"),
    ]


def test_a_column_that_is_gone_is_named(past):
    lost = [(Severity.STOP, "1 for isrc"), (Severity.WARN, "1 for isrc")]
    assert found(judge(batch(isrc=None), past)) == lost


def test_a_day_that_has_moved_is_stopped_with_the_hours(past):
    accepted_evenings = accepted(*(batch(rows, hours=6) for rows in (108, 120, 132)))
    assert (Severity.STOP, "9 for hours of the day (UTC)") in found(judge(batch(hours=6, later=9), accepted_evenings))
    summer_time = judge(batch(hours=6, later=1), accepted_evenings)
    assert summer_time.judgement.verdict.passed


@pytest.mark.parametrize(("rows", "multiple"), [(18, "0.15"), (1_200, "10")])
def test_far_fewer_or_more_rows_than_usual_are_reported(past, rows, multiple):
    outcome = judge(batch(rows), past, rules=GateRules(past={"least_batches": 2}))
    assert found(outcome) == [(Severity.WARN, f"{multiple} for interactions")]


def test_what_a_shift_leads_to_is_a_setting(past):
    strict = GateRules(past={"least_batches": 2, "least_rows": 50}, history={"shift": {"action": "stop"}})
    assert [severity for severity, _ in found(judge(batch(hours=16), past, rules=strict))] == [Severity.STOP]


def test_the_comparison_stands_in_the_data_docs(past, tmp_path):
    outcome = judge(batch(seconds=0.2), past, docs=tmp_path)
    [page] = tmp_path.glob("*/history.html")
    text = page.read_text(encoding="utf-8")
    assert "Jensen-Shannon distance of each distribution" in text
    assert "3 not met" in text
    index = (page.parent / "index.html").read_text(encoding="utf-8")
    assert "1 for lengths of plays" in index
    assert outcome.judgement.notes[0] in index


@pytest.mark.parametrize(("action", "passes"), [("warn", True), ("stop", False)])
def test_values_that_are_missing_too_often_lead_to_what_the_rule_says(action, passes):
    rules = GateRules(missing={"tracks": {"album": {"action": action, "at_most": 0.9}}})
    verdict = judge(batch(), None, rules=rules).judgement.verdict
    assert [str(each) for each in verdict.findings] == [
        "tracks: expected the share of rows without album to be at most 0.9, found 1"
    ]
    assert verdict.passed is passes


@pytest.mark.parametrize(("action", "passes"), [("warn", True), ("stop", False)])
def test_rows_that_are_all_old_lead_to_what_the_rule_says(action, passes):
    rules = GateRules(batch={"age_days": {"action": action, "at_most": 7}})
    verdict = judge(batch(), None, rules=rules).judgement.verdict
    assert [str(each) for each in verdict.findings] == [
        "interactions: expected the age of the newest row in days to be at most 7, found 30"
    ]
    assert verdict.passed is passes
