"""Matches stand in the snapshot; what trains and what is shown goes by one id a recording."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.buckets import BUCKETS
from pipelines.data.catalogue import SourcedTracks
from pipelines.data.entities import Corrections, resolve
from pipelines.data.permissions import Permissions
from pipelines.data.provenance import Provenance, Use
from pipelines.data.snapshot import MATCHES
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from tests.support.catalogues import catalogue, track

OPEN = Provenance("files", "made up", "CC0-1.0")
SHOWN_ONLY = Provenance("spotify-api", "made up", "terms of use", frozenset({Use.DISPLAY, Use.SEED}))
OWN, SPOTIFY = "files:1", "spotify:track:4uLU6hMCjMI75M1A2tKUQC"


@pytest.fixture
def tables():
    rows = {c.USER_ID: ["u", "v"], c.TRACK_ID: [OWN, SPOTIFY], c.KIND: [c.LIKE] * 2, c.SOURCE: ["files"] * 2}
    tracks = catalogue(
        track(OWN, "Jóga", "Björk"), track(SPOTIFY, "Jóga", "Björk", album="Homogenic", source="spotify-api")
    )
    return Tables(InteractionTable(pa.table(rows)), tracks, PlaylistTable.empty())


@pytest.fixture
def write(tmp_path, tables):
    def write(corrections=None):
        verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
        with draft_snapshot(tmp_path) as draft:
            draft.write_part(range(BUCKETS), tables.interactions.data)
            draft.write_others(SourcedTracks(tables.tracks.data), tables.playlists)
            assert len(draft.sourced_tracks()) == 2
            draft.write_extra(MATCHES, resolve(tables.tracks, corrections).matches.data)
            return draft.publish(verdict, (OPEN, SHOWN_ONLY))

    return write


def test_rows_keep_the_ids_they_came_with(write):
    snapshot = write()
    assert snapshot.matches.aliases == {SPOTIFY: OWN}
    assert sorted(snapshot.interactions().data[c.TRACK_ID].to_pylist()) == [OWN, SPOTIFY]
    assert sorted(snapshot.catalogue().data[c.TRACK_ID].to_pylist()) == [OWN, SPOTIFY]


def test_what_trains_goes_by_one_id(write):
    assert write().training_interactions().data[c.TRACK_ID].to_pylist() == [OWN, OWN]


def test_a_gap_is_filled_only_from_what_may_be_used_so(write):
    snapshot = write()
    (shown,) = snapshot.tracks(Use.DISPLAY).data.to_pylist()
    (learned_from,) = snapshot.tracks(Use.TRAIN).data.to_pylist()
    (by_decision,) = snapshot.tracks(Use.TRAIN, Permissions(train_on_spotify_api=True)).data.to_pylist()
    assert (shown[c.TRACK_ID], shown[c.ALBUM]) == (OWN, "Homogenic")
    assert (learned_from[c.TRACK_ID], learned_from[c.ALBUM]) == (OWN, None)
    assert by_decision[c.ALBUM] == "Homogenic"


def test_other_matches_are_another_snapshot(write):
    joined, apart = write(), write(Corrections(apart=((OWN, SPOTIFY),)))
    assert joined.snapshot_id != apart.snapshot_id
    assert apart.matches.aliases == {}
    assert joined.snapshot_id == write().snapshot_id
