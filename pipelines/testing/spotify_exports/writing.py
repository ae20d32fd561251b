"""Writes an invented export as a zip or a folder."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from pipelines.testing.spotify_exports.faults import Fault, damaged_file, damaged_members, damaged_zip
from pipelines.testing.spotify_exports.listening import SECRETS, Listen, Song, basic, endsong, extended, listens, songs

#: Spotify begins a new file after so many plays, which makes some 12 MB.
_PLAYS_A_FILE: Final = 16_000
_FOLDER: Final = "Spotify Account Data"


@dataclass(frozen=True)
class Plan:
    """What an export holds.

    Attributes:
        plays: How much was listened to.
        basic: How many of the last plays stand in the basic history; those that are in the extended one as well are
            the same plays.
        basic_only: How many of these the extended history does not have yet.
        old_files: How many files of the extended history have the name and the fields of before 2023.
        collections: Whether there are playlists and a library.
        fault: What is wrong with it.
        seed: Another seed, other listening.
    """

    plays: int = 300
    basic: int = 100
    basic_only: int = 20
    old_files: int = 1
    collections: bool = True
    fault: Fault | None = None
    seed: int = 0


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        path: The zip or the folder.
        history: How many entries its history has, in both formats together.
        playlist_entries: How many entries its playlists have.
        library_entries: How many entries its library has.
    """

    path: Path
    history: int
    playlist_entries: int
    library_entries: int


def write_export(path: Path, plan: Plan | None = None) -> Written:
    """Write an export.

    Args:
        path: Where to; a name that ends with ``.zip`` becomes a zip, any other a folder.
        plan: What it holds.
    """
    plan = plan if plan is not None else Plan()
    members = damaged_members(_members(plan), plan.fault)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            # Packed, a text without an end would be a bomb as well.
            method = zipfile.ZIP_STORED if plan.fault is Fault.ENDLESS_TEXT else zipfile.ZIP_DEFLATED
            for name, content in members:
                # ZipInfo: no time of writing, so the same plan is the same file.
                archive.writestr(zipfile.ZipInfo(name), content, method)
            damaged_zip(archive, plan.fault)
        damaged_file(path, plan.fault)
    else:
        for name, content in members:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    return Written(
        path=path,
        history=plan.plays - plan.basic_only + plan.basic,
        playlist_entries=len(_PLAYLIST_ITEMS) if plan.collections else 0,
        library_entries=sum(map(len, _LIBRARY.values())) if plan.collections else 0,
    )


def _members(plan: Plan) -> Iterator[tuple[str, bytes]]:
    """Yield the files, the extended history first."""
    yield f"{_FOLDER}/Userdata.json", _json({"username": SECRETS[1], "email": SECRETS[3]})
    yield f"{_FOLDER}/ReadMeFirst.pdf", b"%PDF-1.4"
    everything = listens(plan.plays, plan.seed)
    last: list[Listen] = []
    in_extended = plan.plays - plan.basic_only
    for number, start in enumerate(range(0, in_extended, _PLAYS_A_FILE)):
        part = list(islice(everything, min(_PLAYS_A_FILE, in_extended - start)))
        last = (last + part)[-plan.basic :] if plan.basic else []
        form = endsong if number < plan.old_files else extended
        yield f"{_FOLDER}/{_history_name(part, number, plan)}", _json([form(listen) for listen in part])
    yield from _basic_history((last + list(everything))[-plan.basic :] if plan.basic else [])
    if plan.collections:
        yield f"{_FOLDER}/Playlist1.json", _json({"playlists": [_PLAYLIST]})
        yield f"{_FOLDER}/YourLibrary.json", _json(_LIBRARY)


def _history_name(part: list[Listen], number: int, plan: Plan) -> str:
    if number < plan.old_files:
        return f"endsong_{number}.json"
    return f"Streaming_History_Audio_{part[0].ended.year}-{part[-1].ended.year}_{number}.json"


def _basic_history(last: list[Listen]) -> Iterator[tuple[str, bytes]]:
    for what, name in (("podcast", "podcast"), ("audiobook", "audiobook"), (None, "music")):
        part = [each for each in last if each.what == what or (what is None and each.what in {"track", "nothing"})]
        if part:
            yield f"{_FOLDER}/StreamingHistory_{name}_0.json", _json([basic(listen) for listen in part])


def _json(content: object) -> bytes:
    """Write JSON as Spotify does, with an indentation."""
    return msgspec.json.format(msgspec.json.encode(content), indent=2)


def _item(song: Song, added: str) -> dict[str, Any]:
    names = {"trackName": song.title, "artistName": song.artist, "albumName": song.album, "trackUri": song.uri}
    return {"track": names, "episode": None, "audiobook": None, "localTrack": None, "addedDate": added}


_SONGS: Final = songs(20)
_EMPTY_ITEM: Final = {"track": None, "episode": None, "audiobook": None, "localTrack": None, "addedDate": "2020-05-01"}
_PLAYLIST_ITEMS: Final = [
    *(_item(song, f"2020-04-{day:02d}") for day, song in enumerate(_SONGS[:6], start=1)),
    {**_EMPTY_ITEM, "episode": {"episodeName": "An episode", "showName": "A show"}},
    {**_EMPTY_ITEM, "localTrack": {"uri": "spotify:local:Me:Demo:Tape:100"}},
]
_PLAYLIST: Final = {
    "name": "Slow mornings",
    "lastModifiedDate": "2020-05-01",
    "collaborators": [SECRETS[4]],
    "items": _PLAYLIST_ITEMS,
    "description": f"for {SECRETS[4]}",
    "numberOfFollowers": 2,
}


def _library_entry(song: Song) -> dict[str, str]:
    return {"artist": song.artist, "album": song.album, "track": song.title, "uri": song.uri}


_LIBRARY: Final[dict[str, list[dict[str, str]]]] = {
    "tracks": [_library_entry(song) for song in _SONGS[:5]],
    "albums": [{"artist": "Artist 1", "album": "Album 1", "uri": "spotify:album:" + "1" * 22}],
    "shows": [{"name": "A show", "publisher": "Somebody", "uri": "spotify:show:" + "2" * 22}],
    "episodes": [{"name": "An episode", "show": "A show", "uri": "spotify:episode:" + "3" * 22}],
    "bannedTracks": [_library_entry(_SONGS[19])],
    "artists": [{"name": "Artist 1", "uri": "spotify:artist:" + "4" * 22}],
    "bannedArtists": [],
    "other": [],
}
