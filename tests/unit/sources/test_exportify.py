"""Playlists from Exportify: columns of every version and language, lists, positions and what is no track."""

from __future__ import annotations

import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.data.names import named_track_id
from pipelines.data.provenance import Use, permitting_sources
from pipelines.errors import NotEnoughDataError, SourceError
from pipelines.sources import exportify
from pipelines.sources.base import PersonOptions
from pipelines.sources.exportify import Exportify
from pipelines.sources.exportify.layout import FIELDS, split_artists, split_list
from pipelines.testing.listens import PLAYLIST, SPOTIFY_ID

HEADERS = tomllib.loads(Path(exportify.__file__).with_name("headers.toml").read_text(encoding="utf-8"))
URI = f"spotify:track:{SPOTIFY_ID}"
TIME = "2020-07-01T10:00:00Z"


def playlists_of(tmp_path, files, **options):
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    return clean(Exportify(PersonOptions(archive=tmp_path, listener="ann", **options)))


def rows(table, *names):
    return [tuple(row[name] for name in names) for row in table.data.to_pylist()]


def test_a_playlist_gives_its_tracks_their_order_and_an_interaction_each(tmp_path):
    cleaned = playlists_of(tmp_path, {"road trip": PLAYLIST}, consent="c1")
    local, begin = named_track_id("exportify", "Cy", "Two"), datetime(2020, 1, 1, tzinfo=UTC)
    assert rows(cleaned.tables.interactions, "user_id", "track_id", "kind", "at", "consent") == [
        ("person:ann", URI, "playlist_add", begin, "c1"),
        ("person:ann", local, "playlist_add", None, "c1"),
    ]
    assert rows(cleaned.tables.playlists, "owner", "name", "position", "track_id", "added_at") == [
        ("person:ann", "road trip", 1, URI, begin),
        ("person:ann", "road trip", 2, local, None),
    ]
    assert rows(cleaned.tables.tracks, "title", "artists", "genres", "isrc", "duration_ms", "energy")[1] == (
        "Two", ["Cy"], None, None, 180_000, None,
    )  # fmt: skip
    for table in ("interactions", "playlists"):
        assert cleaned.counts[table].left_out == {"podcast episodes": 1}
        assert cleaned.counts[table].read == 3


def test_liked_songs_are_saved_and_in_no_playlist(tmp_path):
    cleaned = playlists_of(tmp_path, {"liked_songs": PLAYLIST})
    assert {kind for (kind,) in rows(cleaned.tables.interactions, "kind")} == {"save"}
    assert len(cleaned.tables.playlists) == 0


def test_a_zip_gives_what_its_folder_gives_and_one_file_the_same_playlist(tmp_path):
    folder = tmp_path / "all"
    folder.mkdir()
    whole = playlists_of(folder, {"one": PLAYLIST, "two": PLAYLIST}).tables.playlists
    with zipfile.ZipFile(tmp_path / "spotify_playlists.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    packed = clean(
        Exportify(PersonOptions(archive=tmp_path / "spotify_playlists.zip", listener="ann"))
    ).tables.playlists
    single = clean(Exportify(PersonOptions(archive=folder / "one.csv", listener="ann"))).tables.playlists
    assert packed.data.equals(whole.data)
    assert set(rows(single, "playlist_id")) < set(rows(whole, "playlist_id"))


def test_the_same_name_is_another_playlist_of_another_person(tmp_path):
    (tmp_path / "one.csv").write_text(PLAYLIST, encoding="utf-8")
    ann, bob = (
        clean(Exportify(PersonOptions(archive=tmp_path, listener=name))).tables.playlists for name in ("ann", "bob")
    )
    assert set(rows(ann, "playlist_id")).isdisjoint(rows(bob, "playlist_id"))


def translations():
    """Return a header in each language the table of headers knows, as far as each field goes."""
    longest = max(len(names) for names in HEADERS.values())
    values = {
        "uri": URI,
        "title": "One",
        "artists": "Ann Lee",
        "added_at": TIME,
        "isrc": "USABC1234567",
        "tempo": "120",
    }
    for place in range(longest):
        yield {names[min(place, len(names) - 1)]: values.get(field, "0.5") for field, names in HEADERS.items()}


@pytest.mark.parametrize("row", list(translations()), ids=lambda row: next(iter(row)))
def test_columns_are_found_in_every_language(tmp_path, row):
    text = "".join(",".join(f'"{value}"' for value in line) + "\n" for line in (row.keys(), row.values()))
    cleaned = playlists_of(tmp_path, {"x": text})
    found = rows(cleaned.tables.tracks, c.TRACK_ID, c.TITLE, c.ARTISTS, c.ISRC, c.TEMPO, *c.AUDIO_FEATURES[:-1])
    assert found == [(URI, "One", ["Ann Lee"], "USABC1234567", 120.0, *([0.5] * 8))]
    assert rows(cleaned.tables.interactions, "at") == [(datetime(2020, 7, 1, 10, tzinfo=UTC),)]


def test_the_table_of_headers_names_each_header_for_one_field_and_no_user_name():
    assert set(HEADERS) == set(FIELDS)
    names = [name.casefold() for each in HEADERS.values() for name in each]
    assert len(names) == len(set(names))
    assert not {"added by", "hinzugefügt von", "ajouté par"} & set(names)


@pytest.mark.parametrize(
    ("text", "ids", "parts"),
    [
        ("Ann Lee, Bo", "spotify:artist:1, spotify:artist:2", ["Ann Lee", "Bo"]),
        ("Ann Lee;Bo", "", ["Ann Lee", "Bo"]),
        ("Tyler\\, The Creator, Bo", "", ["Tyler, The Creator", "Bo"]),
        ("Tyler, The Creator", "spotify:artist:1", ["Tyler, The Creator"]),
        ("", "", []),
    ],
)
def test_artists_are_divided_as_the_versions_wrote_them(text, ids, parts):
    assert split_artists(text, ids) == parts


def test_genres_are_divided_at_commas_and_semicolons():
    assert split_list("pop, rock;jazz") == ["pop", "rock", "jazz"]


def test_the_name_of_who_added_a_track_is_kept_nowhere(tmp_path):
    cleaned = playlists_of(tmp_path, {"x": PLAYLIST + ",,,,,,someone,,,,\n" + PLAYLIST.splitlines()[1] + ",someone\n"})
    kept = (
        cleaned.tables.interactions.data,
        cleaned.tables.playlists.data,
        cleaned.tables.tracks.data,
        cleaned.rejected,
    )
    assert "someone" not in "".join(str(table.to_pylist()) for table in kept)
    assert cleaned.counts["interactions"].rejected == {"missing track_id": 2}
    assert "x.csv, line 5" in cleaned.rejected["row"][0].as_py()


def test_saved_albums_are_left_out(tmp_path):
    albums = "Album URI,Album Name,Saved At\nspotify:album:1,First,2020-01-01\n"
    cleaned = playlists_of(tmp_path, {"albums": albums, "one": PLAYLIST})
    assert cleaned.counts["interactions"].left_out == {"podcast episodes": 1, "saved albums": 1}


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("", SourceError, "it is empty"),
        ("a,b\n1,2\n", SourceError, r"its header is not one of Exportify's .columns found: 'a', 'b'."),
        (PLAYLIST.splitlines()[0] + "\n", NotEnoughDataError, "it has not one interaction"),
        (PLAYLIST + '"open', SourceError, "is not CSV"),
    ],
)
def test_what_is_no_playlist_is_refused_in_one_sentence(tmp_path, content, error, said):
    with pytest.raises(error, match=said):
        playlists_of(tmp_path, {"x": content})


def test_its_rows_come_through_the_web_api_so_they_train_only_where_the_owner_says_so(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Track URI,Track Name,Artist Name(s)\n", encoding="utf-8")
    origin = (Exportify(PersonOptions(archive=path)).provenance(),)

    assert permitting_sources(origin, Use.SEED) == ("exportify",)
    assert permitting_sources(origin, Use.TRAIN) == ()
    assert permitting_sources(origin, Use.TRAIN, train_on_spotify_api=True) == ("exportify",)
