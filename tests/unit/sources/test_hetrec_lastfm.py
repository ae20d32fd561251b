"""The HetRec archive: what becomes of each of its files, and what is refused."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.data.cleaning import clean
from pipelines.data.hashing import hash_file
from pipelines.errors import SourceError
from pipelines.sources.base import SourceOptions
from pipelines.sources.hetrec_lastfm import AUDIO_FEATURES_FILE, HetrecLastfm
from pipelines.testing.archives import HETREC, write_hetrec

FEATURES = (
    "artistID,name,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,liveness,valence,"
    "tempo,n_tracks\n52,The K,0.5,0.6,5.5,-7.1,0.5,0.05,0.1,0.2,0.3,0.4,120.5,4\n"
)


@pytest.fixture
def archive(tmp_path):
    return write_hetrec(tmp_path / "hetrec.zip")


def source_of(archive):
    return HetrecLastfm(SourceOptions(archive=archive))


def test_play_counts_are_interactions_under_ids_of_their_own(archive):
    rows = clean(source_of(archive)).tables.interactions.data.to_pylist()
    assert [(row["user_id"], row["track_id"], row["kind"], row["value"], row["at"]) for row in rows] == [
        ("hetrec-lastfm:2", "hetrec-lastfm:51", "play_count", 13883.0, None),
        ("hetrec-lastfm:2", "hetrec-lastfm:52", "play_count", 10.0, None),
        ("hetrec-lastfm:3", "hetrec-lastfm:52", "play_count", 7.0, None),
    ]


def test_an_artist_is_a_track_that_bears_its_name_whatever_letters_are_in_it(archive):
    rows = clean(source_of(archive)).tables.tracks.data.to_pylist()
    assert [(row["title"], row["artists"]) for row in rows] == [
        ("Duran Duran", ["Duran Duran"]),
        ('The "K" | Co', ['The "K" | Co']),
        ("Nobody's", ["Nobody's"]),
    ]


def test_a_tag_weighs_as_much_as_listeners_gave_it_and_the_heaviest_comes_first(archive):
    rows = clean(source_of(archive)).tables.tracks.data.to_pylist()
    # Listener 2 gave artist 51 the same tag twice.
    assert [(row["tags"], row["tag_weights"]) for row in rows] == [
        (["new wave"], [1.0]),
        (["fußball", "metal"], [2.0, 1.0]),
        (None, None),
    ]


def test_tag_events_have_their_times_even_those_before_1970(archive):
    events = pa.concat_tables(source_of(archive).tag_events()).to_pylist()
    assert events[0] == {
        "user_id": "hetrec-lastfm:2",
        "track_id": "hetrec-lastfm:52",
        "tag": "metal",
        "at": datetime(2009, 3, 31, 22, tzinfo=UTC),
    }
    assert events[2]["at"].year == 1956
    assert len(events) == 5


def test_audio_features_beside_the_archive_are_picked_up_and_named(archive):
    assert clean(source_of(archive)).tables.tracks.data["tempo"].null_count == 3
    path = archive.parent / AUDIO_FEATURES_FILE
    path.write_bytes(gzip.compress(FEATURES.encode()))
    rows = clean(source_of(archive)).tables.tracks.data.to_pylist()
    assert [row["tempo"] for row in rows] == [None, 120.5, None]
    # The mean of keys is no key.
    assert [row["key"] for row in rows] == [None, None, None]
    assert hash_file(path) in source_of(archive).provenance().origin


def test_the_provenance_names_address_terms_and_checksum(archive):
    provenance = source_of(archive).provenance()
    assert provenance.origin == "http://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip"
    assert "non-commercial" in provenance.licence
    assert provenance.checksum == hash_file(archive)


def test_a_truncated_archive_is_refused(archive):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"hetrec\.zip: it is not a readable zip archive .*Fetch the archive again"):
        clean(source_of(archive))


def test_a_damaged_file_inside_the_archive_is_refused(archive):
    whole = bytearray(archive.read_bytes())
    whole[60] ^= 0xFF  # inside the compressed play counts, which come first
    archive.write_bytes(whole)
    with pytest.raises(SourceError, match=r"user_artists\.dat: it is damaged or cut short"):
        clean(source_of(archive))


def test_an_archive_of_something_else_is_refused(tmp_path):
    path = tmp_path / "text.zip"
    path.write_text("no zip at all", encoding="utf-8")
    with pytest.raises(SourceError, match="it is not a readable zip archive"):
        clean(source_of(path))


@pytest.mark.parametrize("member", HETREC)
def test_a_missing_file_is_named(tmp_path, member):
    import zipfile

    with zipfile.ZipFile(tmp_path / "h.zip", "w") as archive:
        for name, text in HETREC.items():
            if name != member:
                archive.writestr(name, text)
    with pytest.raises(SourceError, match=rf"h\.zip: it holds no '{member}'"):
        clean(source_of(tmp_path / "h.zip"))


@pytest.mark.parametrize(
    ("member", "text", "message"),
    [
        ("user_artists.dat", "userID\tartistID\n1\t2\n", r"user_artists\.dat: the column 'weight' is missing"),
        ("user_artists.dat", "userID\tartistID\tweight\n1\t2\n", r"user_artists\.dat: row 1 has 2 values"),
        ("user_artists.dat", "", r"user_artists\.dat: it is empty"),
        ("artists.dat", "id\tname\n", r"artists\.dat: it has not one row"),
    ],
)
def test_a_file_that_is_not_as_published_is_named(tmp_path, member, text, message):
    with pytest.raises(SourceError, match=message):
        clean(source_of(write_hetrec(tmp_path / "h.zip", {member: text})))


def test_an_unreadable_play_count_is_rejected_and_the_others_stay(tmp_path):
    text = HETREC["user_artists.dat"] + "4\t51\tmany\n"
    cleaned = clean(source_of(write_hetrec(tmp_path / "h.zip", {"user_artists.dat": text})))
    assert cleaned.counts["interactions"].kept == 3
    assert cleaned.rejected["reason"].to_pylist() == ["unreadable value"]


def test_tags_of_unknown_names_are_left_out(tmp_path):
    text = HETREC["user_taggedartists-timestamps.dat"] + "9\t53\t999\t1238536800000\n"
    archive = write_hetrec(tmp_path / "h.zip", {"user_taggedartists-timestamps.dat": text})
    assert clean(source_of(archive)).tables.tracks.data["tags"].to_pylist()[2] is None
