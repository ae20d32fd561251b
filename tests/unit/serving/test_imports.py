"""What becomes of a file a person passes: its account, what is kept, which tracks are served, and the history."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.listening import Listening, together
from pipelines.data.tables import TrackCatalogue
from pipelines.errors import SourceError
from pipelines.testing import listens, spotify_exports
from pipelines.testing.spotify_exports import Fault, Plan
from pipelines.testing.spotify_exports.listening import SECRETS, songs
from serving.imports.history import account_of, find_tracks, history_of
from serving.imports.reading import IMPOSSIBLE, KNOWN, Owner, read_file
from tests.support.exports import PLAYS, A, B, C, zip_of

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ME = Owner("web:me", "c1")
SERVED = TrackCatalogue(
    pa.Table.from_pylist(
        [
            {c.TRACK_ID: "t1", c.TITLE: "Jóga", c.ARTISTS: ["Björk"], c.SOURCE: "tiny"},
            {c.TRACK_ID: "t4", c.TITLE: "Teardrop", c.ARTISTS: ["Massive Attack"], c.SOURCE: "tiny"},
        ]
    )
)


def read(path, earlier=None, owner=ME):
    return read_file(path, owner, lambda _: earlier or Listening.empty(), now=NOW)


def test_the_sums_of_the_account_add_up_and_name_every_reason(tmp_path):
    found = read(zip_of(tmp_path / "x.zip"))
    listening, looked_up = find_tracks(found.listening, SERVED, {A: "t1"})
    assert account_of(found, looked_up) == {
        "source": "spotify-export",
        "read": 8,
        "kept": 5,
        "left_out": {IMPOSSIBLE: 1, "names no track": 1, "stopped within 30 seconds": 1},
        "matched": 4,
        "unmatched": 1,
        "tracks": 3,
        "matched_tracks": 2,
        "unmatched_tracks": 1,
    }
    assert looked_up.rules == {"id": 1, "name": 1}
    assert listening.served().to_pylist() == ["t1", "t1", "t4", "t4", C]
    assert set(listening.rows[c.USER_ID].to_pylist()) == {"web:me"}
    assert set(listening.rows[c.CONSENT].to_pylist()) == {"c1"}


def test_the_history_is_what_training_would_make_of_the_same_rows(tmp_path):
    found = read(zip_of(tmp_path / "x.zip"))
    listening, _ = find_tracks(found.listening, SERVED, {A: "t1"})
    assert history_of(listening, PreferenceRules()) == {"t1": 2.0, "t4": 2.0}
    assert history_of(listening, PreferenceRules(min_play_ms=50_000)) == {"t1": 2.0, "t4": 1.0}
    assert history_of(Listening.empty(), PreferenceRules()) == {}


def test_the_same_file_again_adds_nothing_and_a_longer_one_adds_what_is_new(tmp_path):
    first = read(zip_of(tmp_path / "1.zip", PLAYS[:4]))
    again = read(zip_of(tmp_path / "1.zip", PLAYS[:4]), first.listening)
    assert (again.kept.num_rows, again.left_out[KNOWN]) == (0, 3)
    assert again.listening.rows.num_rows == first.listening.rows.num_rows == 3
    longer = read(zip_of(tmp_path / "2.zip"), first.listening)
    assert (longer.kept.num_rows, longer.left_out[KNOWN], longer.read) == (2, 3, 8)
    assert longer.listening.rows.num_rows == 5
    assert sorted(longer.listening.tracks[c.TRACK_ID].to_pylist()) == [A, B, C]


def test_a_play_two_sources_tell_of_counts_once_in_the_history(tmp_path):
    spotify = read(zip_of(tmp_path / "1.zip", PLAYS[:1])).listening
    times = "uts,artist,album,track,track_mbid\n1577872600,Björk,,Jóga,\n1577959000,Björk,,Jóga,\n"
    scrobbles = tmp_path / "2.csv"  # 2020-01-01T09:56:40Z, when the play of 200 s began; and one a day later
    scrobbles.write_text(times, encoding="utf-8")
    both, _ = find_tracks(together([spotify, read(scrobbles).listening]), SERVED, {})
    assert history_of(both, PreferenceRules()) == {"t1": 2.0}


def test_what_is_kept_survives_packing_and_holds_nothing_personal(tmp_path):
    found = read(spotify_exports.write_export(tmp_path / "x.zip").path)
    texts = str(found.listening.rows.to_pylist() + found.listening.tracks.to_pylist())
    assert not [secret for secret in SECRETS if secret in texts]
    back = Listening.unpack(*found.listening.pack())
    assert back.rows.equals(found.listening.rows.combine_chunks())
    assert back.tracks.equals(found.listening.tracks)


@pytest.mark.parametrize("seed", range(3))
def test_of_a_whole_export_nothing_gets_lost(tmp_path, seed):
    written = spotify_exports.write_export(tmp_path / "x.zip", Plan(plays=400, seed=seed))
    found = read(written.path)
    assert found.read == written.history + written.playlist_entries + written.library_entries
    assert found.read == found.kept.num_rows + sum(found.left_out.values())
    known = {song.uri for song in songs(20)[:5]}
    catalogue = found.listening.catalogue.data.filter(
        pa.compute.is_in(found.listening.catalogue.data[c.TRACK_ID], value_set=pa.array(sorted(known)))
    )
    account = account_of(found, find_tracks(found.listening, TrackCatalogue(catalogue), {})[1])
    assert account["kept"] == account["matched"] + account["unmatched"]
    assert account["tracks"] == account["matched_tracks"] + account["unmatched_tracks"]
    assert account["matched_tracks"] >= len(known)


@pytest.mark.parametrize(
    "write",
    [listens.write_export, lambda path: spotify_exports.write_export(path, Plan(plays=0, basic=0)).path],
    ids=["listenbrainz", "library alone"],
)
def test_other_exports_are_read_as_well(tmp_path, write):
    assert read(write(tmp_path / "x.zip")).kept.num_rows > 0


def test_progress_never_goes_back_and_ends_at_one(tmp_path):
    path, told = zip_of(tmp_path / "x.zip", PLAYS * 2000), list[float]()
    read_file(path, ME, lambda _: Listening.empty(), now=NOW, progress=told.append)
    assert told == sorted(told)
    assert 0 < told[-1] <= 1


@pytest.mark.parametrize("fault", [Fault.BOMB, Fault.LEADS_OUT, Fault.JSON_CUT_SHORT, Fault.NOTHING_INSIDE])
def test_a_file_that_is_refused_says_why(tmp_path, fault):
    with pytest.raises(SourceError):
        read(spotify_exports.write_export(tmp_path / "x.zip", Plan(fault=fault)).path)
    with pytest.raises(SourceError, match="not one interaction"):
        read(zip_of(tmp_path / "y.zip", []))
