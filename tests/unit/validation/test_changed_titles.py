"""Tracks that are told of under another title than before."""

from __future__ import annotations

import pyarrow as pa

from pipelines.data import columns as c
from validation.changed_titles import changed_title_share

TOLD = pa.table({c.TRACK_ID: [f"t{n}" for n in range(40)], c.TITLE: [f"Song {n}" for n in range(40)]})


def changed(titles, told=TOLD):
    tracks = pa.table({c.TRACK_ID: [f"t{n}" for n in range(len(titles))], c.TITLE: pa.array(titles, pa.string())})
    return changed_title_share(tracks, told)


def test_ids_that_slip_by_one_name_other_tracks():
    assert changed([f"Song {(n + 1) % 40}" for n in range(40)]) == 1.0
    assert changed([f"Song {n}" if n >= 10 else f"Song {(n + 1) % 10}" for n in range(40)]) == 10 / 40


def test_spelling_and_editions_make_no_other_title():
    assert changed([f"SONG {n} (2011 Remaster)" for n in range(40)]) == 0.0


def test_new_tracks_and_missing_titles_do_not_count():
    titles = [f"Song {n}" for n in range(40)] + ["A new one"] * 10
    assert changed([None, *titles[1:]]) == 0.0


def test_a_title_after_a_made_up_one_is_not_another():
    made_up = TOLD.set_column(1, c.TITLE, TOLD[c.TRACK_ID])
    assert changed([f"Song {n}" for n in range(40)], made_up) is None


def test_a_few_known_tracks_are_not_compared():
    assert changed(["Another"] * 19) is None
