"""What can be wrong with an export: each of the faults a reader has to survive, as a switch."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

_HISTORY: Final = ("endsong", "Streaming_History_Audio")
_URI: Final = "spotify:track:" + "7" * 22


class Fault(StrEnum):
    """One thing that is wrong."""

    BOMB = "bomb"
    LEADS_OUT = "path traversal"
    LINK = "link"
    ARCHIVE_INSIDE = "archive inside"
    ENCRYPTED = "encrypted"
    ZIP_CUT_SHORT = "zip cut short"
    JSON_CUT_SHORT = "JSON cut short"
    NO_JSON = "no JSON"
    NO_LIST = "no list"
    UTF_16 = "UTF-16"
    LATIN_1 = "Latin-1"
    ENDLESS_TEXT = "50 MB of text"
    LONG_TEXT = "100 KB of text"
    NOTHING_INSIDE = "nothing about listening"
    DUPLICATE_KEYS = "duplicate keys"
    ABSURD_DATES = "absurd dates"
    NEGATIVE_LENGTHS = "negative lengths"
    WRONG_TYPES = "wrong types"
    NO_RECORDS = "no records"
    HALF_CHARACTERS = "half characters"
    ENDLESS_NUMBERS = "endless numbers"
    BYTE_ORDER_MARK = "byte order mark"


#: Faults of the whole export, with what the refusal says.
REFUSED: Final = {
    Fault.BOMB: "unpacks to more than 200 times its size",
    Fault.LEADS_OUT: "has a name that leads out of the archive",
    Fault.LINK: "is a link or a device",
    Fault.ARCHIVE_INSIDE: "is an archive itself",
    Fault.ENCRYPTED: "is encrypted",
    Fault.ZIP_CUT_SHORT: "damaged, cut short or still being written",
    Fault.JSON_CUT_SHORT: "ends in the middle of row",
    Fault.NO_JSON: "is not JSON",
    Fault.NO_LIST: "is no JSON list of plays",
    Fault.UTF_16: "is UTF-16 text and not UTF-8",
    Fault.LATIN_1: "row 1 is not UTF-8 text",
    Fault.ENDLESS_TEXT: "row 1 is longer than 1,048,576 bytes",
    Fault.LONG_TEXT: "a text of 100,000 bytes stands where a name, a time or an id should",
    Fault.NOTHING_INSIDE: "holds no file of a Spotify export that is about listening",
}


_TEXT_LENGTHS: Final = {Fault.ENDLESS_TEXT: 50_000_000, Fault.LONG_TEXT: 100_000}


def _play(**values: object) -> dict[str, object]:
    names = {"master_metadata_track_name": "Odd", "master_metadata_album_artist_name": "Odder"}
    return {"ts": "2015-06-01T10:00:00Z", "ms_played": 60_000, "spotify_track_uri": _URI, **names, **values}


#: Faults of single rows, with the rows; the others stay.
COUNTED: Final = {
    Fault.DUPLICATE_KEYS: ['{"ts": "1900-01-01T00:00:00Z", ' + json.dumps(_play())[1:]],
    Fault.ABSURD_DATES: [
        json.dumps(_play(ts=text))
        for text in ("0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "1969-07-20T20:17:00Z", "x")
    ],
    Fault.NEGATIVE_LENGTHS: [json.dumps(_play(ms_played=-5)), json.dumps(_play(ms_played=-(10**15)))],
    Fault.WRONG_TYPES: [
        json.dumps(_play(ms_played="long")),
        json.dumps(_play(ts=["2015"])),
        json.dumps(_play(spotify_track_uri=7, master_metadata_track_name={"ip_addr": "203.0.113.77"})),
        json.dumps(_play(incognito_mode="perhaps", skipped=1)),
    ],
    Fault.NO_RECORDS: ["null", "7", '"text, with ] and }"', "[{}]", "{}"],
    Fault.HALF_CHARACTERS: [json.dumps(_play(master_metadata_track_name="half \ud83d"))],
    Fault.ENDLESS_NUMBERS: [
        json.dumps(_play()).replace("60000", number) for number in ("1e999", "9" * 400, "-0", "6e4", "NaN")
    ],
    Fault.BYTE_ORDER_MARK: [],
}


def damaged_members(members: Iterator[tuple[str, bytes]], fault: Fault | None) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an export, the first of its history with a fault."""
    waiting = True
    for name, content in members:
        if fault is Fault.NOTHING_INSIDE and not name.endswith(("Userdata.json", ".pdf")):
            continue
        hit = waiting and fault is not None and name.rsplit("/", 1)[-1].startswith(_HISTORY)
        waiting = waiting and not hit
        yield name, _damaged(content, fault) if hit and fault else content
    if fault is Fault.ARCHIVE_INSIDE:
        yield "my_spotify_data.zip", b"PK\x05\x06" + bytes(18)


def _damaged(content: bytes, fault: Fault) -> bytes:
    """Return one file of the history with a fault; as it is where the fault is none of a file."""
    if fault is Fault.JSON_CUT_SHORT:
        return content[: len(content) // 2]
    if fault is Fault.NO_LIST:
        return b'{"error": ' + content + b"}"
    if fault is Fault.UTF_16:
        return content.decode().encode("utf-16")
    if fault is Fault.BYTE_ORDER_MARK:
        return b"\xef\xbb\xbf" + content
    return content[:1] + b"".join(row + b"," for row in _rows_of(fault)) + content[1:]


def _rows_of(fault: Fault) -> list[bytes]:
    """Return the rows a fault adds."""
    if fault is Fault.NO_JSON:
        return [b'{"ts": 2015-06-01}']
    if fault is Fault.LATIN_1:
        return [json.dumps(_play(master_metadata_track_name="\u00d6"), ensure_ascii=False).encode("latin-1")]
    if fault in _TEXT_LENGTHS:
        return [json.dumps(_play(master_metadata_track_name="x" * _TEXT_LENGTHS[fault])).encode()]
    return [row.encode() for row in COUNTED.get(fault, ())]


def damaged_zip(archive: zipfile.ZipFile, fault: Fault | None) -> None:
    """Add to a zip what only a zip can have."""
    if fault is Fault.BOMB:
        archive.writestr("Streaming_History_Audio_2024_99.json", b" " * (40 << 20))
    elif fault is Fault.LEADS_OUT:
        archive.writestr("../Streaming_History_Audio_2024_99.json", b"[]")
    elif fault is Fault.LINK:
        entry = zipfile.ZipInfo("Streaming_History_Audio_2024_99.json")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")


def damaged_file(path: Path, fault: Fault | None) -> None:
    """Change the bytes of a zip."""
    content = bytearray(path.read_bytes())
    if fault is Fault.ZIP_CUT_SHORT:
        path.write_bytes(content[: len(content) * 2 // 3])
    elif fault is Fault.ENCRYPTED:
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(content)
