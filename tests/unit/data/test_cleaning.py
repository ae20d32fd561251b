"""Cleaning: what is kept, what is rejected and why, and what becomes missing."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.errors import NotEnoughDataError, TableError

GOOD = {"user_id": "ann", "track_id": "t1", "kind": "play_count", "value": "3"}


class Rows:
    """A source that gives the rows it was made of, each table in one batch."""

    name = "rows"

    def __init__(self, interactions, tracks=None, playlists=None):
        self.left_out = {}
        self._tables = {"interactions": interactions, "tracks": tracks, "playlists": playlists}

    def interactions(self):
        return self._batches("interactions")

    def tracks(self):
        return self._batches("tracks")

    def playlists(self):
        return self._batches("playlists")

    def _batches(self, name):
        rows = self._tables[name] or []
        names = dict.fromkeys(name for row in rows for name in row)
        return iter([pa.table({name: [row.get(name) for row in rows] for name in names})] if rows else [])


def interactions(*rows):
    """Clean interactions and return the rows kept and the reasons of the others."""
    cleaned = clean(Rows([GOOD, *rows]))
    kept = cleaned.tables.interactions.data.to_pylist()
    assert kept[0] == {**dict.fromkeys(c.INTERACTION_SCHEMA.names), **GOOD, "value": 3.0, "source": "rows"}
    return kept[1:], cleaned.rejected["reason"].to_pylist()


def track(**fields):
    """Clean one track and return it with the columns that were emptied."""
    cleaned = clean(Rows([GOOD], [{"track_id": "t1", **fields}]))
    return cleaned.tables.tracks.data.to_pylist()[0], cleaned.counts["tracks"].emptied


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"user_id": " "}, "missing user_id"),
        ({"user_id": None}, "missing user_id"),
        ({"track_id": ""}, "missing track_id"),
        ({"kind": None}, "missing kind"),
        ({"kind": "scrobble"}, "unknown kind"),
        ({"value": "many"}, "unreadable value"),
        ({"value": None}, "play_count without a value"),
        ({"value": "nan"}, "play_count without a value"),
        ({"kind": "rating", "value": ""}, "rating without a value"),
        ({"kind": "play", "at": "yesterday"}, "unreadable at"),
        ({"user_id": "", "kind": "scrobble", "value": "many"}, "missing user_id"),
    ],
)
def test_a_row_that_says_nothing_is_rejected_with_the_first_reason(change, reason):
    assert interactions({**GOOD, **change}) == ([], [reason])


def test_a_rejected_row_is_kept_as_it_was_read():
    cleaned = clean(Rows([GOOD, {**GOOD, "value": " x ", "extra": "é"}]))
    (row,) = cleaned.rejected.to_pylist()
    assert (row["table"], row["reason"]) == ("interactions", "unreadable value")
    assert json.loads(row["row"]) == {**GOOD, "value": " x ", "extra": "é"}


def test_numbers_json_does_not_know_stand_as_text():
    cleaned = clean(Rows([{**GOOD, "value": 3.0}, {**GOOD, "value": float("inf"), "track_id": None}]))
    assert '"value": "inf"' in cleaned.rejected["row"][0].as_py()


@pytest.mark.parametrize("value", [-5.0, 0.0, float("inf"), 1e12])
def test_what_a_value_may_be_is_left_to_the_gate(value):
    kept, reasons = interactions({**GOOD, "kind": "play", "value": str(value), "at": "2199-01-01"})
    assert ([row["value"] for row in kept], reasons) == ([value], [])


def test_kinds_are_read_in_any_case():
    kept, _ = interactions({**GOOD, "kind": " Like ", "value": None})
    assert kept[0]["kind"] == "like"


def test_a_row_cannot_choose_its_own_source():
    kept, _ = interactions({**GOOD, "track_id": "t2", "source": "spotify-api"})
    assert kept[0]["source"] == "rows"


def test_a_missing_column_that_is_required_is_an_error_that_names_it():
    rows = Rows([{"user_id": "ann", "track_id": "t1"}])
    with pytest.raises(TableError, match=r"interactions.*'kind' is missing .*'user_id', 'track_id'"):
        clean(rows)


def test_columns_nobody_knows_are_dropped():
    assert track(colour="blue")[0].keys() == set(c.TRACK_SCHEMA.names)


@pytest.mark.parametrize(
    ("fields", "read", "emptied"),
    [
        ({"tempo": "fast"}, {"tempo": None}, {"tempo": 1}),
        ({"tempo": "nan"}, {"tempo": None}, {}),
        ({"tempo": "0"}, {"tempo": 0.0}, {}),
        ({"loudness": "4.5"}, {"loudness": 4.5}, {}),
        ({"key": "5.5"}, {"key": None}, {"key": 1}),
        ({"mode": "1.0"}, {"mode": 1}, {}),
        ({"duration_ms": "-1"}, {"duration_ms": -1}, {}),
        ({"explicit": "yes"}, {"explicit": True}, {}),
        ({"artists": "A | B"}, {"artists": ["A", "B"]}, {}),
        ({"genres": ""}, {"genres": None}, {}),
        ({"tags": "x|y", "tag_weights": "2|1"}, {"tags": ["x", "y"], "tag_weights": [2.0, 1.0]}, {}),
        ({"tags": "x|y", "tag_weights": "2"}, {"tags": ["x", "y"], "tag_weights": None}, {"tag_weights": 1}),
        ({"tags": None, "tag_weights": "2"}, {"tags": None, "tag_weights": None}, {"tag_weights": 1}),
    ],
)
def test_an_optional_value_that_cannot_be_read_becomes_missing_and_is_counted(fields, read, emptied):
    row, counted = track(**fields)
    assert ({name: row[name] for name in read}, counted) == (read, emptied)


@pytest.mark.parametrize(
    ("date", "precision", "read"),
    [
        ("2004-05-17", None, ("2004-05-17", "day")),
        ("2004-05", None, ("2004-05", "month")),
        ("2004", None, ("2004", "year")),
        (2004, None, ("2004", "year")),
        ("2004-01-01", "year", ("2004-01-01", "year")),
        ("2004", "day", ("2004", "year")),
        ("2004-05-17T00:00:00Z", None, ("2004-05-17", "day")),
        (None, "day", (None, None)),
        ("17.5.2004", "day", (None, None)),
        ("2004-13", None, (None, None)),
        ("2004-05-17", "week", ("2004-05-17", "day")),
    ],
)
def test_a_release_date_is_as_precise_as_it_can_be(date, precision, read):
    row, _ = track(release_date=date, release_date_precision=precision)
    assert (row["release_date"], row["release_date_precision"]) == read


def test_a_source_without_tracks_gets_a_catalogue_of_its_ids():
    cleaned = clean(Rows([GOOD], playlists=[{"playlist_id": "p", "track_id": "t9"}]))
    tracks = cleaned.tables.tracks.to_pandas()
    assert tracks[["track_id", "title", "source"]].to_numpy().tolist() == [["t1", "t1", "rows"], ["t9", "t9", "rows"]]
    assert (cleaned.counts["tracks"].read, cleaned.counts["tracks"].built, cleaned.counts["tracks"].kept) == (0, 2, 2)


def test_a_catalogue_that_was_given_is_left_as_it_is():
    cleaned = clean(Rows([GOOD, {**GOOD, "track_id": "unknown"}], [{"track_id": "t1"}]))
    assert cleaned.tables.tracks.data[c.TRACK_ID].to_pylist() == ["t1"]
    assert len(cleaned.tables.interactions) == 2


def test_no_interaction_at_all_is_an_error():
    with pytest.raises(NotEnoughDataError, match="source 'rows': it has not one interaction"):
        clean(Rows(None))


def test_no_usable_interaction_is_an_error_that_names_the_most_frequent_reason():
    bad = [{**GOOD, "kind": "x"}, {**GOOD, "user_id": ""}, {**GOOD, "kind": "y"}]
    with pytest.raises(NotEnoughDataError, match=r"not one of 3 interactions .* 'unknown kind' \(2 of them\)"):
        clean(Rows(bad))


def test_one_listener_and_one_track_are_enough():
    cleaned = clean(Rows([GOOD]))
    assert (len(cleaned.tables.interactions), len(cleaned.tables.tracks)) == (1, 1)


def test_counts_are_ready_to_be_written_as_json():
    counts = clean(Rows([GOOD, {**GOOD, "kind": "x"}, GOOD])).counts["interactions"].to_json()
    assert json.loads(json.dumps(counts)) == {
        "read": 3,
        "built": 0,
        "kept": 1,
        "left_out": {},
        "rejected": {"unknown kind": 1},
        "merged": {"play counts added up": 1},
        "emptied": {},
    }


def test_what_is_left_out_by_the_source_counts_as_read():
    source = Rows([GOOD])
    source.left_out = {"interactions": {"a podcast": 2}}

    counts = clean(source).counts["interactions"]

    assert (counts.read, counts.kept, counts.left_out) == (3, 1, {"a podcast": 2})
