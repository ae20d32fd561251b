"""Scrobbles from Last.fm: every program's file gives the same plays."""

from __future__ import annotations

import gzip
import json
import zipfile
from datetime import UTC, datetime

import pytest

from pipelines.data.cleaning import clean
from pipelines.data.names import named_track_id
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.lastfm import Lastfm, LastfmOptions
from pipelines.testing.listens import MBID, SCROBBLES

NEW_YEAR = datetime(2020, 12, 31, 23, 59, tzinfo=UTC)
ONE = named_track_id("lastfm", "Ann Lee", "One")

#: The same scrobble in the forms of several programs.
FORMS = {
    "Last.fm to CSV": "Ann Lee,First,One,31 Dec 2020 23:59\n",
    "Last.fm to CSV, now": 'Ann Lee,First,One,"31 Dec 2020, 23:59"\n',
    "a date that is not quoted": "Ann Lee,First,One,31 Dec 2020, 23:59\n",
    "lastfmstats.com": "\ufeffArtist;Album;AlbumId;Track;Date#secret\nAnn Lee;First;;One;1609459140000\n",
    "ghan.nl": "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    '1609459140,"31 Dec 2020, 23:59",Ann Lee,,First,,One,\n',
    "Open Scrobbler": "artist,track,album,timestamp,albumArtist,duration\nAnn Lee,One,First,2020-12-31T23:59:00Z,,\n",
    "an empty line before the header": "\r\n\nartist,track,album,date\nAnn Lee,One,First,1609459140\n",
    "tabs and other words": "Scrobble Time\tTrack Artist\tSong\tRelease\n2020-12-31 23:59:00\tAnn Lee\tOne\tFirst\n",
}


def lastfm(tmp_path, content, **options):
    path = tmp_path / "lastfmstats-secret.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Lastfm(LastfmOptions(archive=path, **options))


def rows(cleaned, *names):
    return [tuple(row[name] for name in names) for row in cleaned.tables.interactions.data.to_pylist()]


@pytest.mark.parametrize("form", FORMS)
def test_a_scrobble_is_the_same_play_in_every_form(tmp_path, form):
    cleaned = clean(lastfm(tmp_path, FORMS[form], listener="ann", consent="c1"))
    assert rows(cleaned, "user_id", "track_id", "kind", "at", "consent") == [
        ("person:ann", ONE, "play", NEW_YEAR, "c1")
    ]
    (track,) = cleaned.tables.tracks.data.to_pylist()
    assert (track["title"], track["artists"], track["album"]) == ("One", ["Ann Lee"], "First")
    assert cleaned.counts["interactions"].read == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_that_says_its_encoding_is_read_in_it(tmp_path, encoding):
    cleaned = clean(lastfm(tmp_path, "artist,track,date\nBjörk,Jóga,2020-12-31 23:59\n".encode(encoding)))
    assert cleaned.tables.tracks.data["title"].to_pylist() == ["Jóga"]


def test_another_encoding_has_to_be_named(tmp_path):
    content = "artist,track,date\nBjörk,Jóga,2020-12-31 23:59\n".encode("cp1252")
    with pytest.raises(SourceError, match="line 2 is not valid utf-8"):
        clean(lastfm(tmp_path, content))
    assert clean(lastfm(tmp_path, content, encoding="cp1252")).tables.tracks.data["title"].to_pylist() == ["Jóga"]
    with pytest.raises(ConfigError, match="there is no encoding 'klingon'"):
        clean(lastfm(tmp_path, content, encoding="klingon"))


def test_a_recording_with_a_public_id_gets_it_and_what_still_plays_is_left_out(tmp_path):
    cleaned = clean(lastfm(tmp_path, SCROBBLES))
    assert rows(cleaned, "track_id") == [(ONE,), (f"mbid:{MBID}",)]
    counts = cleaned.counts["interactions"]
    assert (counts.read, counts.kept) == (3, 2)
    assert counts.left_out == {"no time: still playing when the file was written": 1}


def test_columns_can_be_named_for_a_file_without_a_header(tmp_path):
    content = "x,One,Ann Lee,2020-12-31 23:59\n"
    assert rows(clean(lastfm(tmp_path, content, columns="-,track,artist,time")), "track_id") == [(ONE,)]
    with pytest.raises(ConfigError, match="'length' is no column"):
        lastfm(tmp_path, content, columns="length,track,artist,time")
    with pytest.raises(ConfigError, match="'time' has to stand there once"):
        lastfm(tmp_path, content, columns="track,artist")


def test_rows_that_cannot_be_used_are_rejected_with_their_line_and_spoil_no_other(tmp_path):
    content = (
        "\nartist,track,date\n"
        "Ann Lee,One,2020-12-31 23:59\n"
        "Ann Lee,One,2020-12-31 23:59,too,many\n"
        "\n"
        "Ann Lee\n"
        "Ann Lee,One,tomorrow\n"
        '"Ann\nLee",One,2020-12-31 23:58\n'
        ",One,2020-12-31 23:59\n"
    )
    cleaned = clean(lastfm(tmp_path, content))
    counts = cleaned.counts["interactions"]
    assert (counts.read, counts.kept, counts.rejected) == (6, 2, {"missing track_id": 3, "unreadable at": 1})
    lines = [json.loads(row)["line"] for row in cleaned.rejected["row"].to_pylist()]
    assert lines == ["line 4", "line 6", "line 7", "line 10"]


def test_all_files_of_a_folder_or_zip_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("2019.csv", "Ann Lee,First,One,31 Dec 2019 23:59\n")
        archive.writestr("2020.csv.gz", gzip.compress(b"Ann Lee,First,One,31 Dec 2020 23:59\n"))
        archive.writestr("readme.md", "not a table")
    cleaned = clean(Lastfm(LastfmOptions(archive=tmp_path / "all.zip")))
    assert [at.year for (at,) in rows(cleaned, "at")] == [2019, 2020]


def test_the_name_of_the_person_is_kept_nowhere(tmp_path):
    source = lastfm(tmp_path, "Artist;Album;AlbumId;Track;Date#secret\nAnn Lee;First;;One;1609459140000\n;;;;\n")
    cleaned = clean(source)
    kept = [cleaned.tables.interactions.data, cleaned.tables.tracks.data, cleaned.rejected]
    assert cleaned.rejected.num_rows == 1
    assert "secret" not in "".join(str(table.to_pylist()) for table in kept) + str(source.provenance().to_json())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        ("when,who\n1,2\n", "its first row is neither a header that names artist, track and time nor a row of artist"),
        ("a,b,c,secret words\n", r"its first row is neither.* time\. Add a header"),
        ('artist,track,date\n"Ann,One,2020\n', "line 2 is not CSV"),
        (f"artist,track,date\n{'x' * 200_000},One,2020\n", "line 2 is not CSV .field larger than field limit"),
        (f"artist,track,date\n{'x' * 20_000_000}", "line 2 is not CSV .field larger than field limit"),
    ],
    ids=["empty", "other columns", "no header", "open quote", "long value", "endless value"],
)
def test_what_is_no_file_of_scrobbles_is_refused_in_one_sentence(tmp_path, content, said):
    with pytest.raises(SourceError, match=said) as caught:
        clean(lastfm(tmp_path, content))
    assert "secret words" not in str(caught.value)
