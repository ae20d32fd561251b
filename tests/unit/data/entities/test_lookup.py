"""Tracks from elsewhere in a catalogue: by id, by another id, by ISRC, by name, and not at all."""

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.entities.lookup import look_up
from pipelines.data.tables import TrackCatalogue

A, B, C = ("spotify:track:" + letter * 22 for letter in "ABC")


def catalogue(*rows):
    names = (c.TRACK_ID, c.SOURCE, c.TITLE, c.ARTISTS, c.ISRC, c.DURATION_MS)
    padded = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    return TrackCatalogue(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in padded]))


SERVED = catalogue(
    ("msd:1", "msd", "Army of Me", ["Björk"], None, 234_000),
    ("msd:2", "msd", "Hyperballad", ["Björk"]),
    ("msd:3", "msd", "Glory Box", ["Portishead"], "GBAAA9400001"),
    ("msd:4", "msd", "Roads", ["Portishead"]),
    (A, "spotify-export", "Teardrop", ["Massive Attack"]),
)


def test_a_track_is_found_by_its_id_by_another_one_by_its_code_and_by_its_name():
    foreign = catalogue(
        (A, "spotify-export", "Teardrop", ["Massive Attack"]),
        ("lastfm:hyper", "lastfm", "whatever it is called there", ["Somebody"]),
        (B, "spotify-export", "Glory Box - Live", ["Portishead"], "GB-AAA-94-00001"),
        (C, "spotify-export", "Army Of Me (2009 Remaster)", ["BJÖRK"]),
    )
    found = look_up(foreign, SERVED, {"lastfm:hyper": "msd:2"})
    assert found.ids == {A: A, "lastfm:hyper": "msd:2", B: "msd:3", C: "msd:1"}
    assert found.rules == {"id": 2, "isrc": 1, "name": 1}
    assert found.unknown == ()


def test_a_track_that_is_not_there_is_reported_and_another_version_is_another_track():
    foreign = catalogue(
        (A[:-1] + "X", "spotify-export", "Teardrop", ["Massive Attack"]),  # one catalogue, two ids: two tracks
        (B, "spotify-export", "Roads (Live)", ["Portishead"]),
        (C, "spotify-export", "Roads", ["Somebody Else"]),
        ("x:1", "x", "Army of Me", ["Björk"], None, 534_000),  # five minutes longer
        ("x:2", "x", None, None),
    )
    found = look_up(foreign, SERVED, {})
    assert found.ids == {}
    assert found.unknown == tuple(sorted(foreign.data[c.TRACK_ID].to_pylist()))


def test_two_ids_of_elsewhere_may_be_one_track_here_and_an_empty_catalogue_knows_nothing():
    foreign = catalogue((B, "spotify-export", "Roads", ["Portishead"]), ("x:1", "x", "ROADS", ["The Portishead"]))
    assert look_up(foreign, SERVED, {}).ids == {B: "msd:4", "x:1": "msd:4"}
    single = catalogue((C, "spotify-export", "Roads", ["Portishead"]), (B, "spotify-export", "Roads", ["Portishead"]))
    assert look_up(single, SERVED, {}).ids == {B: "msd:4", C: "msd:4"}
    assert look_up(foreign, TrackCatalogue.empty(), {}).unknown == (B, "x:1")
    assert look_up(TrackCatalogue.empty(), SERVED, {}).ids == {}
