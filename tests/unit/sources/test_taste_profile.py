"""The Taste Profile: two files in one folder."""

from __future__ import annotations

import pytest

from pipelines.data.cleaning import clean
from pipelines.errors import SourceError
from pipelines.sources.base import SourceOptions
from pipelines.sources.taste_profile import TasteProfile
from pipelines.testing.archives import write_taste_profile


def source_of(archive):
    return TasteProfile(SourceOptions(archive=archive))


@pytest.fixture
def folder(tmp_path):
    return write_taste_profile(tmp_path)


@pytest.mark.parametrize("named", ["", "taste_profile_interactions.csv.gz", "taste_profile_tracks.csv.gz"])
def test_the_folder_or_either_file_will_do(folder, named):
    tables = clean(source_of(folder / named)).tables
    assert (len(tables.interactions), len(tables.tracks)) == (3, 2)


def test_tracks_are_named_by_their_spotify_uri(folder):
    tables = clean(source_of(folder)).tables
    assert tables.tracks.data["track_id"].to_pylist() == ["spotify:track:t1", "spotify:track:t2"]
    assert set(tables.interactions.data["track_id"].to_pylist()) == {"spotify:track:t1", "spotify:track:t2"}


def test_titles_artists_and_audio_features_are_read(folder):
    row = clean(source_of(folder)).tables.tracks.data.to_pylist()[0]
    assert (row["title"], row["artists"], row["duration_ms"], row["key"]) == ("One", ["A | B"], 200_000, 7)
    assert (row["tempo"], row["loudness"], row["time_signature"]) == (120.5, -5.5, None)


def test_without_a_folder_the_error_says_what_to_pass():
    with pytest.raises(SourceError, match=r"has no public address\. Pass the folder .*--archive FOLDER"):
        clean(TasteProfile())


def test_a_missing_half_is_named(folder):
    (folder / "taste_profile_tracks.csv.gz").unlink()
    with pytest.raises(SourceError, match=r"taste_profile_tracks\.csv\.gz: there is no such file"):
        clean(source_of(folder))


def test_the_checksum_covers_both_files(folder):
    before = source_of(folder).provenance().checksum
    path = folder / "taste_profile_tracks.csv.gz"
    path.write_bytes(path.read_bytes() + b"\0")
    assert source_of(folder).provenance().checksum != before


def test_a_truncated_file_is_one_clear_error(folder):
    path = folder / "taste_profile_interactions.csv.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SourceError, match=r"taste_profile_interactions\.csv\.gz: it is damaged or cut short"):
        clean(source_of(folder))
