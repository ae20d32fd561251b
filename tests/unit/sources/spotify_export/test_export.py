"""Whole exports: what becomes of every entry, whatever is wrong with them."""

from __future__ import annotations

import json
import shutil
import zipfile

import pyarrow as pa
import pytest

from pipelines.data.cleaning import clean
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.base import PersonOptions
from pipelines.sources.spotify_export import SpotifyExport
from pipelines.testing.spotify_exports import COUNTED, REFUSED, SECRETS, Fault, Plan, write_export


def source_of(path, **options):
    return SpotifyExport(PersonOptions(archive=path, listener="Ann", **options))


def folder_of(path, **files):
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return path


def rows_of(source, *columns):
    return [row for batch in source.interactions() for row in batch.select(list(columns)).to_pylist()]


def gone(counts):
    return sum(sum(reasons.values()) for reasons in (counts.left_out, counts.rejected, counts.merged))


@pytest.mark.parametrize("name", ["export.zip", "export"])
def test_every_entry_is_accounted_for(name, tmp_path):
    written = write_export(tmp_path / name, Plan(plays=2_000, basic=500, basic_only=100))
    cleaned = clean(source_of(written.path))
    interactions, playlists = cleaned.counts["interactions"], cleaned.counts["playlists"]
    assert interactions.read == written.history + written.library_entries + written.playlist_entries
    assert interactions.read == interactions.kept + gone(interactions)
    assert playlists.read == written.playlist_entries == playlists.kept + gone(playlists)
    assert interactions.left_out["a play the extended history has"] > 0


def test_a_zip_and_its_folder_say_the_same(tmp_path):
    zipped = write_export(tmp_path / "export.zip").path
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "unpacked")
    one, two = source_of(zipped), source_of(tmp_path / "unpacked")
    for table in ("interactions", "tracks", "playlists"):
        assert list(getattr(one, table)()) == list(getattr(two, table)())
    assert one.left_out == two.left_out


def test_a_second_copy_of_the_same_files_adds_nothing(tmp_path):
    folder = write_export(tmp_path / "export", Plan(basic=0, basic_only=0, collections=False)).path
    once = clean(source_of(folder))
    shutil.copytree(folder, folder / "copy")
    twice = clean(source_of(folder))
    assert twice.tables.interactions.data.equals(once.tables.interactions.data)


def test_rows_are_the_listeners_and_rest_on_the_consent(tmp_path):
    source = source_of(write_export(tmp_path / "export.zip").path, consent="c-1")
    assert {tuple(row.values()) for row in rows_of(source, "user_id", "consent")} == {("person:Ann", "c-1")}
    assert set(pa.concat_tables(source.playlists())["owner"].to_pylist()) == {"person:Ann"}


def test_the_library_becomes_saves_and_dislikes(tmp_path):
    track = {"artist": "A", "album": "B", "track": "T", "uri": "spotify:track:" + "1" * 22}
    library = {"tracks": [track, {}], "bannedTracks": [{**track, "uri": None}], "albums": [{}, {}], "artists": [{}]}
    source = source_of(folder_of(tmp_path, YourLibrary=library))
    rows = rows_of(source, "track_id", "kind", "at", "value")
    assert rows[0] == {"track_id": "spotify:track:" + "1" * 22, "kind": "save", "at": None, "value": None}
    assert (rows[1]["kind"], rows[1]["track_id"][:15]) == ("dislike", "spotify-export:")
    assert dict(source.left_out["interactions"]) == {"names no track": 1, "a saved album": 2, "a followed artist": 1}
    assert pa.concat_tables(source.tracks()).to_pylist()[0] == {
        "track_id": "spotify:track:" + "1" * 22,
        "title": "T",
        "artists": ["A"],
        "album": "B",
    }


def test_playlists_keep_order_names_and_dates(tmp_path):
    def item(number):
        return {"track": {"trackName": f"T{number}", "artistName": "A", "trackUri": None}, "addedDate": "2024-01-02"}

    lists = [
        {"name": "Mine", "items": [item(1), {"episode": {"x": 1}}, {"audiobook": 1}, {"localTrack": 1}, {}, item(2)]},
        {"name": "Mine", "items": [item(1)]},
        {"name": None, "items": None},
    ]
    source = source_of(folder_of(tmp_path, Playlist1={"playlists": lists}))
    rows = pa.concat_tables(source.playlists()).to_pylist()
    assert [(row["name"], row["position"], row["added_at"]) for row in rows] == [
        ("Mine", 0, "2024-01-02"),
        ("Mine", 5, "2024-01-02"),
        ("Mine", 0, "2024-01-02"),
    ]
    assert rows[0]["playlist_id"] == rows[1]["playlist_id"] != rows[2]["playlist_id"]
    assert [row["kind"] for row in rows_of(source, "kind")] == ["playlist_add"] * 3
    reasons = {"a podcast episode": 1, "an audiobook": 1, "a local file": 1, "names no track": 1}
    assert {table: dict(counts) for table, counts in source.left_out.items()} == dict.fromkeys(
        ("interactions", "playlists"), reasons
    )


def test_only_files_about_listening_are_opened_and_the_others_named(tmp_path):
    folder = folder_of(tmp_path, YourLibrary={}, Identity={}, Payments={})
    (folder / "Payments.json").write_bytes(b"\xff not JSON")
    source = source_of(folder)
    list(source.interactions())
    assert source.notes == ["Files about listening, read: 1. Others, not opened: 2 (Identity.json, Payments.json)."]


@pytest.mark.parametrize("fault", [None, *Fault])
def test_nothing_personal_is_passed_on(fault, tmp_path):
    source = source_of(write_export(tmp_path / "export", Plan(fault=fault)).path)
    try:
        cleaned = clean(source)
        tables = (cleaned.tables.interactions, cleaned.tables.tracks, cleaned.tables.playlists)
        said = " ".join(str(table.data.to_pylist()) for table in tables) + str(cleaned.rejected.to_pylist())
        said += str(source.notes) + str(source.provenance())
    except SourceError as error:
        said = str(error)
    assert [secret for secret in SECRETS if secret in said] == []


@pytest.mark.parametrize("fault", REFUSED, ids=lambda fault: fault.name)
def test_a_fault_of_the_whole_is_refused_in_one_sentence(fault, tmp_path):
    source = source_of(write_export(tmp_path / "export.zip", Plan(fault=fault)).path)
    with pytest.raises(SourceError, match=REFUSED[fault]) as caught:
        clean(source)
    assert str(caught.value).isprintable()
    assert str(tmp_path / "export.zip") in str(caught.value)


@pytest.mark.parametrize("fault", COUNTED, ids=lambda fault: fault.name)
def test_a_fault_of_a_row_leaves_the_others(fault, tmp_path):
    good = clean(source_of(write_export(tmp_path / "good.zip").path)).counts["interactions"]
    bad = clean(source_of(write_export(tmp_path / "bad.zip", Plan(fault=fault)).path)).counts["interactions"]
    assert bad.read == good.read + len(COUNTED[fault])
    assert bad.read == bad.kept + gone(bad)
    assert bad.kept >= good.kept


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("YourLibrary", "[]"),
        ("YourLibrary", '{"tracks": 5}'),
        ("Playlist1", '{"playlists": [{"items": [7]}]}'),
        ("Playlist1", '{"playlists": ['),
        ("Playlist1", "\ud800"),
    ],
)
def test_a_collection_of_another_shape_is_refused(file, content, tmp_path):
    (tmp_path / f"{file}.json").write_bytes(content.encode(errors="surrogatepass"))
    with pytest.raises(SourceError, match=rf"{file}.json: it (cannot be read|is not UTF-8)"):
        list(source_of(tmp_path).interactions())


def test_a_collection_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.sources.spotify_export.library.FILE_BYTES", 1_000)
    (tmp_path / "YourLibrary.json").write_text(" " * 1_001, encoding="utf-8")
    with pytest.raises(SourceError, match="it is larger than 1,000 bytes"):
        list(source_of(tmp_path).interactions())


@pytest.mark.parametrize(
    "name",
    [
        "Streaming_History_Audio_2014-2016_0.json",
        "Streaming_History_Video_2019.json",
        "endsong_3.json",
        "MyData/StreamingHistory0.json",
        "StreamingHistory_music_1.json",
        "StreamingHistory_podcast_0.json",
    ],
)
def test_the_history_is_known_by_every_name_it_has_had(name, tmp_path):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("[]", encoding="utf-8")
    source_of(tmp_path).check()


def test_without_an_export_there_is_nothing_to_read():
    with pytest.raises(ConfigError, match="no file was named"):
        SpotifyExport()


def test_the_name_of_the_file_is_not_kept_because_it_may_hold_the_listeners(tmp_path):
    write_export(tmp_path / "ann_jones.zip", Plan(plays=3, basic=0))
    assert "ann" not in json.dumps(source_of(tmp_path / "ann_jones.zip").provenance().to_json())


def test_the_listener_has_to_have_a_name(tmp_path):
    with pytest.raises(ConfigError, match="cannot be the name of a listener"):
        SpotifyExport(PersonOptions(archive=tmp_path, listener=" "))
