"""Small inputs in the forms of ListenBrainz, Last.fm exporters and Exportify, and sources built on them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pipelines.sources.base import PersonOptions, Source, SourceOptions
from pipelines.sources.exportify import Exportify
from pipelines.sources.lastfm import Lastfm, LastfmOptions
from pipelines.sources.listenbrainz import ListenBrainz, ListenBrainzExport

MBID: Final = "0a6b2bbf-5ff5-4d10-b2aa-7fd1d3d5b9e1"
MSID: Final = "11111111-2222-4333-8444-555555555555"
SPOTIFY_ID: Final = "0GQW2gDyxgT5IsNEM4osbJ"
_BEGIN: Final = 1_577_836_800  # 2020-01-01
_DUMP: Final = "listenbrainz-listens-dump-1-20200101-000000-full"

SCROBBLES: Final = (
    "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    '1577836800,"01 Jan 2020, 00:00",Ann Lee,,First,,One,\n'
    f'1577836900,"01 Jan 2020, 00:01","Bo, Cy",,,,Two,{MBID}\n'
    ",,Ann Lee,,First,,Playing,\n"
)

PLAYLIST: Final = (
    "Track URI,Track Name,Artist Name(s),Album Name,Duration (ms),ISRC,Added By,Added At,Genres,Danceability,Energy\n"
    f'spotify:track:{SPOTIFY_ID},One,"Ann Lee, Bo",First,200000,USABC1234567,someone,2020-01-01T00:00:00Z,'
    '"pop, rock",0.5,0.6\n'
    "spotify:local:Cy::Two:180,Two,Cy,,180000,,someone,1970-01-01T00:00:00Z,,,\n"
    "spotify:episode:1111111111111111111111,Talk,,,900000,,someone,2020-01-02T00:00:00Z,,,\n"
)


def listen(
    number: int, *, user: int | None = None, info: Mapping[str, Any] | None = None, **track: Any
) -> dict[str, Any]:
    """Return a listen as ListenBrainz writes it, so many minutes after the beginning of 2020."""
    metadata = {"track_name": "One", "artist_name": "Ann Lee", "release_name": "First"} | track
    record = {
        "listened_at": _BEGIN + 60 * number,
        "track_metadata": metadata | {"additional_info": {"submission_client": "a player", **(info or {})}},
        "recording_msid": MSID,
    }
    return record if user is None else record | {"user_id": user, "user_name": f"user {user}"}


def json_lines(records: list[dict[str, Any]]) -> bytes:
    """Return a record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def write_dump(path: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Write a dump, a tar packed with zstd; by default of two listeners and two months."""
    january = [listen(number, user=number % 2, info={"recording_mbid": MBID}) for number in range(3)]
    february = [listen(50_000, user=0, track_name="Two", info={"duration_ms": 180_000})]
    content = files or {"listens/2020/1.listens": json_lines(january), "listens/2020/2.listens": json_lines(february)}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in {"TIMESTAMP": b"2020-03-01 00:00:00", **content}.items():
            member = tarfile.TarInfo(f"{_DUMP}/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    path.write_bytes(pa.compress(packed.getvalue(), codec="zstd", asbytes=True))
    return path


def write_export(path: Path, changes: Mapping[str, bytes] | None = None) -> Path:
    """Write a person's export from ListenBrainz: two listens, a like, a pin, and what must not be read."""
    files = {
        "user.json": b'{"user_id": 7, "username": "secret"}\n',
        "listens/2020/1.jsonl": json_lines([listen(0, info={"recording_mbid": MBID}), listen(1, track_name="Two")]),
        "feedback.jsonl": json_lines([{"recording_msid": None, "recording_mbid": MBID, "score": 1, "created": _BEGIN}]),
        "pinned_recording.jsonl": json_lines([{"recording_msid": MSID, "blurb_content": "nice", "created": _BEGIN}]),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**files, **(changes or {})}.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def dump_example(folder: Path) -> Source:
    """Return the source ``listenbrainz`` on a small dump."""
    return ListenBrainz(SourceOptions(archive=write_dump(folder / "dump.tar.zst")))


def export_example(folder: Path) -> Source:
    """Return the source ``listenbrainz-export`` on a small export."""
    return ListenBrainzExport(PersonOptions(archive=write_export(folder / "listenbrainz_secret_1.zip")))


def scrobbles_example(folder: Path) -> Source:
    """Return the source ``lastfm`` on a few scrobbles."""
    path = folder / "scrobbles.csv"
    path.write_text(SCROBBLES, encoding="utf-8")
    return Lastfm(LastfmOptions(archive=path))


def playlists_example(folder: Path) -> Source:
    """Return the source ``exportify`` on a playlist and the liked songs."""
    below = folder / "playlists"
    below.mkdir(exist_ok=True)
    for name in ("road trip", "liked_songs"):
        (below / f"{name}.csv").write_text(PLAYLIST, encoding="utf-8")
    return Exportify(PersonOptions(archive=below))
