"""The accepted batches of a source: how they are kept, and what a new one is compared by."""

from __future__ import annotations

import errno
from datetime import timedelta

import numpy as np
import pytest

from pipelines.errors import CrossfadeError
from tests.support.dirty_tables import NOW
from validation.history import Past, compare, past_file, read_past, write_past
from validation.profile import Profile


def batch(rows=2_000, *, without_isrc=0, unknown=0, kinds=(2_000, 0, 0, 0, 0, 0, 0, 0)):
    """Return the profile of a batch with as many tracks as interactions."""
    return Profile(
        rows={"interactions": rows, "tracks": rows},
        missing={"tracks.isrc": without_isrc},
        looked_up=rows,
        unknown_tracks=unknown,
        counts={"kind": np.array(kinds)},
    )


def past_of(*batches, keep=20):
    past = Past()
    for place, profile in enumerate(batches):
        past = past.with_batch(profile, NOW + timedelta(days=place), keep=keep)
    return past


def figures(of, past, rule, *, least_rows=1_000):
    """Return the figures of a rule by what they are of, those that could be measured."""
    compared = compare(of, past, least_rows=least_rows)[rule]
    return {each.what: each.figure for each in compared if each.figure is not None}


def test_rows_are_told_as_a_multiple_of_the_usual_number():
    past = past_of(batch(100), batch(400), batch(300))
    assert figures(batch(600), past, "rows") == {"interactions": 2, "tracks": 2}


def test_rows_of_a_table_that_never_had_any_are_not_compared():
    assert figures(batch(600), past_of(Profile(rows={"tracks": 300})), "rows") == {"tracks": 2}


def test_missing_values_are_compared_as_shares_of_all_that_was_accepted():
    past = past_of(batch(2_000, without_isrc=200), batch(3_000, without_isrc=800))
    found = figures(batch(1_000, without_isrc=700), past, "missing")
    assert found == {"isrc": pytest.approx(0.7 - 1_000 / 5_000)}


def test_fewer_missing_values_are_a_negative_rise():
    found = figures(batch(1_000), past_of(batch(2_000, without_isrc=2_000)), "missing")
    assert found == {"isrc": -1}


def test_unknown_tracks_are_compared_as_a_share():
    found = figures(batch(1_000, unknown=100), past_of(batch(2_000, unknown=50)), "unknown_tracks")
    assert found == {"unknown tracks": pytest.approx(0.1 - 0.025)}


def test_both_rules_about_distributions_judge_the_same_distances():
    other = batch(kinds=(0, 2_000, 0, 0, 0, 0, 0, 0))
    assert figures(other, past_of(batch()), "shift") == {"kinds": 1}
    assert figures(other, past_of(batch()), "upheaval") == {"kinds": 1}


@pytest.mark.parametrize("rule", ["missing", "unknown_tracks", "shift"])
@pytest.mark.parametrize(("rows", "before"), [(999, 2_000), (2_000, 999)])
def test_few_rows_on_either_side_say_nothing(rule, rows, before):
    one, other = (batch(count, kinds=(count, 0, 0, 0, 0, 0, 0, 0)) for count in (rows, before))
    assert figures(one, past_of(other), rule) == {}
    assert figures(one, past_of(other), rule, least_rows=999) != {}


def test_without_a_past_there_is_nothing_to_compare():
    assert all(each.figure is None for of in compare(batch(), Past(), least_rows=1).values() for each in of)


def test_a_batch_that_comes_again_is_kept_once_as_the_newest():
    past = past_of(batch(1), batch(2), batch(1))
    assert [each.profile.rows["tracks"] for each in past.batches] == [2, 1]
    assert past.batches[-1].accepted_at == "2026-06-03T00:00:00+00:00"


def test_of_more_than_are_kept_the_oldest_go():
    past = past_of(batch(1), batch(2), batch(3), keep=2)
    assert [each.profile.rows["tracks"] for each in past.batches] == [2, 3]


def test_what_was_written_reads_back(tmp_path):
    past = past_of(batch(1), batch(2, without_isrc=1))
    write_past(tmp_path / "past" / "files.json", past)
    again = read_past(tmp_path / "past" / "files.json")
    assert [each.identity for each in again.batches] == [each.identity for each in past.batches]
    assert again.total.to_json() == past.total.to_json()


def test_where_nothing_was_accepted_there_is_an_empty_past(tmp_path):
    assert read_past(tmp_path / "files.json").batches == ()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"batches": 3}', '{"batches": [{"at": "x", "profile": {}}]}', "\ufeff"]
)
def test_a_damaged_file_is_named_and_the_remedy_given(tmp_path, text):
    (tmp_path / "files.json").write_text(text, encoding="utf-8")
    with pytest.raises(CrossfadeError, match=r"files\.json: .* cannot be read\. Remove the file"):
        read_past(tmp_path / "files.json")


def test_a_full_disk_leaves_the_past_as_it_was(tmp_path, monkeypatch):
    write_past(tmp_path / "files.json", past_of(batch(1)))

    def full(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.atomic.os.fsync", full)
    with pytest.raises(CrossfadeError, match="disk is full"):
        write_past(tmp_path / "files.json", past_of(batch(2)))
    assert [path.name for path in tmp_path.iterdir()] == ["files.json"]
    assert read_past(tmp_path / "files.json").total.rows["tracks"] == 1


def test_each_person_has_a_past_of_their_own_that_does_not_name_them(tmp_path):
    ann, bob = (past_file(tmp_path, "spotify-export", person) for person in ("person:ann", "person:bob"))
    assert len({ann, bob, past_file(tmp_path, "spotify-export")}) == 3
    assert "ann" not in ann.name
