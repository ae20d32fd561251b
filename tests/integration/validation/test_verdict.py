"""When the data is refused, what the refusal says, and that nothing gets past it."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Severity, fingerprint
from pipelines.data.provenance import Provenance
from pipelines.data.row_parsing import REJECTED_SCHEMA
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.errors import CrossfadeError, GateRefusedError, SnapshotError
from tests.support.dirty_tables import (
    LISTENERS,
    NOW,
    TRACKS,
    good_interactions,
    good_tracks,
    interaction,
    tables,
)
from validation.gate import check
from validation.quarantine_lines import UNREADABLE
from validation.report import summarise
from validation.rules import GateRules
from validation.suites import run_suite

pytestmark = pytest.mark.integration

PROVENANCE = (Provenance(source="test", origin="a test", licence="none"),)


def judge(given, rules=None, **more):
    return check(given, rules or GateRules(), docs=None, now=NOW, **more)


def stops(outcome):
    return {
        finding.expectation.split(" to be ")[0]: finding.example
        for finding in outcome.verdict.findings
        if finding.severity is Severity.STOP
    }


def test_good_tables_pass_and_the_verdict_is_about_them():
    given = tables()
    verdict = judge(given).verdict
    assert verdict.passed
    assert verdict.subject == fingerprint(given)
    assert verdict.suite == GateRules().hash()
    # 10 interaction, 23 track and 6 playlist rules, and the 8 figures that can be measured of these tables.
    assert verdict.checked == 10 + 23 + 6 + 8


def test_empty_tables_are_refused():
    outcome = judge(tables((), ()))
    assert stops(outcome) == {
        "the number of rows that passed": "0",
        "the number of listeners": "0",
        "the number of different tracks with interactions": "0",
    }
    with pytest.raises(GateRefusedError, match=r"at least 1, found 0 \(and 2 more\)"):
        outcome.verdict.require()


def test_one_listener_is_refused():
    outcome = judge(tables([row for row in good_interactions() if row[c.USER_ID] == LISTENERS[0]]))
    assert stops(outcome) == {"the number of listeners": "1"}


def test_one_track_is_refused():
    outcome = judge(tables([row for row in good_interactions() if row[c.TRACK_ID] == TRACKS[0]]))
    assert stops(outcome) == {"the number of different tracks with interactions": "1"}


def test_play_counts_that_are_all_equal_pass_with_a_warning():
    equal = [{**row, c.KIND: c.PLAY_COUNT, c.VALUE: 3.0} for row in good_interactions()]
    outcome = judge(tables(equal))
    assert outcome.verdict.passed
    assert [str(finding) for finding in outcome.verdict.findings] == [
        "interactions: expected the number of different play counts to be at least 2, found 1"
    ]


def test_one_listener_who_outweighs_many_is_a_warning():
    crowd = [interaction(user_id=f"quiet-{number}") for number in range(21)]
    outcome = judge(tables([*good_interactions(), *crowd, *[interaction()] * 300]))
    assert outcome.verdict.passed
    assert [finding.severity for finding in outcome.verdict.findings] == [Severity.WARN]
    assert outcome.verdict.findings[0].example == "0.7939"  # (12 + 300) / (72 + 21 + 300)


@pytest.mark.parametrize(("bad", "refused"), [(18, False), (19, True)])
def test_more_than_a_fifth_of_bad_rows_is_refused(bad, refused):
    outcome = judge(tables([*good_interactions(), *[interaction(value=-1.0)] * bad]))
    assert outcome.verdict.passed is not refused
    assert stops(outcome) == ({"the share of rows that were unreadable or set aside": "0.2088"} if refused else {})


def test_rows_that_cleaning_could_not_read_count_as_lost():
    rejected = pa.table([["interactions"] * 20, ["{}"] * 20, ["no number"] * 20], schema=REJECTED_SCHEMA)
    outcome = judge(tables(), rejected=rejected)
    assert outcome.judgement.read == {"interactions": 92, "tracks": 12, "playlists": 0}
    assert stops(outcome) == {"the share of rows that were unreadable or set aside": "0.2174"}  # 20 / 92
    assert [(entry.action, entry.rows) for entry in summarise(outcome.judgement).reasons] == [(UNREADABLE, 20)]


def test_tables_that_do_not_fit_together_are_refused():
    strangers = [interaction(track_id=f"stranger-{number}") for number in range(9)]
    outcome = judge(tables([*good_interactions(), *strangers]))
    assert stops(outcome) == {"the share of interactions, as read, whose track stands in the catalogue": "0.8889"}


def test_a_refusal_says_what_how_many_and_gives_an_example_without_a_person():
    rules = GateRules(interactions={"play_ms": {"action": "stop"}})
    verdict = judge(tables([*good_interactions(), *[interaction(value=-7.0)] * 2]), rules).verdict
    with pytest.raises(GateRefusedError) as caught:
        verdict.require()
    assert "the length of a play in ms to be between 0 and 86,400,000 (2 rows), found -7" in str(caught.value)


def test_no_listener_is_named_in_any_finding():
    dirt = [
        interaction(user_id="secret", value=-1.0),
        interaction(user_id="secret", kind="dance"),
        interaction(user_id="secret", track_id="stranger"),
        interaction(user_id=" "),
    ]
    assert "secret" not in str(judge(tables([*good_interactions(), *dirt])).verdict)


def test_a_snapshot_is_written_of_exactly_the_rows_that_passed(tmp_path):
    outcome = judge(tables([*good_interactions(), interaction(value=-1.0)]))
    snapshot = write_snapshot(tmp_path, outcome.tables, outcome.verdict, PROVENANCE)
    assert len(snapshot.tables().interactions) == 72


def test_no_snapshot_is_written_of_rows_the_verdict_is_not_about(tmp_path):
    given = tables([*good_interactions(), interaction(value=-1.0)])
    outcome = judge(given)
    with pytest.raises(SnapshotError, match="other rows"):
        write_snapshot(tmp_path, given, outcome.verdict, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def test_no_snapshot_is_written_of_rows_that_were_refused(tmp_path):
    outcome = judge(tables(good_interactions()[:12]))
    with pytest.raises(GateRefusedError):
        write_snapshot(tmp_path, outcome.tables, outcome.verdict, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_no_pass():
    expectations = [each for each in GateRules().expectations("tracks") if each.reads == "isrc"]
    with pytest.raises(CrossfadeError, match=r"'tracks\.isrc' could not be evaluated: .*isrc"):
        run_suite("tracks", pa.table({"title": ["a"]}), expectations, NOW)


def test_track_ids_that_stand_twice_are_found():
    # The catalogue refuses such rows when it is built; the suite finds them all the same.
    expectations = [each for each in GateRules().expectations("tracks") if each.reads == "unique_id"]
    run = run_suite("tracks", pa.table({"unique_id": ["a", "b", "a"]}), expectations, NOW)
    assert run.breaches["tracks.unique_id"].tolist() == [0, 2]


def test_constant_audio_features_are_a_warning():
    catalogue = [{**row, c.ENERGY: 0.5} for row in good_tracks()]
    outcome = judge(tables(tracks=catalogue))
    assert outcome.verdict.passed
    assert outcome.verdict.findings[0].example == "1"


def test_the_verdict_does_not_depend_on_whether_docs_are_written(tmp_path):
    given = tables([*good_interactions(), interaction(value=-1.0)])
    with_docs = check(given, GateRules(), docs=tmp_path, now=NOW).verdict
    assert replace(with_docs, docs=None) == judge(given).verdict
