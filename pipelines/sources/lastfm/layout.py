"""Which column of a file of scrobbles is what, and the rows by those names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pipelines.data import columns as c
from pipelines.errors import ConfigError, SourceError
from pipelines.sources.csv_rows import csv_rows
from pipelines.sources.inputs import Member

ARTIST, TRACK, ALBUM, MBID, TIME = "artist", "track", "album", "track_mbid", "time"
UNUSED: Final = "-"
#: What programs call a column, in lower case and without anything but letters and digits; the first one present counts.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    ARTIST: ("artist", "artistname", "trackartist"),
    TRACK: ("track", "trackname", "tracktitle", "title", "song", "name"),
    ALBUM: ("album", "albumname", "albumtitle", "release", "releasename"),
    MBID: ("trackmbid", "recordingmbid"),
    TIME: (
        "uts", "timestamp", "dateuts", "unixtime", "playedat", "listenedat", "scrobbledat", "scrobbletime", "utctime",
        "datetime", "date", "time", "at",
    ),
}  # fmt: skip
_REQUIRED: Final = (ARTIST, TRACK, TIME)
_HEADERLESS: Final = (ARTIST, ALBUM, TRACK, TIME)

#: "31 Dec 2020, 23:59", as Last.fm writes times: in English and in UTC.
_WRITTEN: Final = re.compile(r"(\d{1,2}) ([A-Za-z]{3})[a-z]*\.? (\d{4}),? (\d{1,2}):(\d{2})")
_LOOKS_LIKE_TIME: Final = re.compile(rf"\d{{9,13}}|\d{{4}}-\d{{2}}-\d{{2}}.*|{_WRITTEN.pattern}")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def chosen_columns(text: str) -> tuple[str, ...]:
    """Read the option ``columns``.

    Raises:
        ConfigError: A name is unknown, or artist, track or time does not stand there once.
    """
    names = tuple(name.strip() for name in text.split(","))
    known = (*NAMES, UNUSED)
    wrong = [name for name in names if name not in known]
    missing = [name for name in _REQUIRED if names.count(name) != 1]
    if wrong or missing:
        raise ConfigError(
            f"'{wrong[0]}' is no column" if wrong else f"'{missing[0]}' has to stand there once",
            where="source 'lastfm', option 'columns'",
            remedy=f"Say what each column is, separated by commas: {', '.join(known)}",
        )
    return names


def scrobbles(member: Member, *, columns: Sequence[str] | None, encoding: str | None) -> Iterator[dict[str, str]]:
    """Yield the rows of a file by the names of ``NAMES``, and where each stands in ``c.LINE``.

    Args:
        member: The file.
        columns: What its columns are, where it has no header.
        encoding: What it is written in, where it does not say so itself.

    Raises:
        SourceError: It is damaged, empty, or its first row tells nothing about its columns.
    """
    rows = csv_rows(member.stream, where=member.where, encoding=encoding)
    line, first = next(rows)
    header = None if columns else _header(first)
    names = columns or header or _HEADERLESS
    if header is None:
        _check_first(first, names, member.where)
        yield _by_name(first, names, f"line {line}")
    for number, row in rows:
        yield _by_name(row, names, f"line {number}")


def standard_time(text: str) -> str:
    """Return a time as Last.fm writes it in ISO form; others as they stand."""
    found = _WRITTEN.fullmatch(text)
    month = found[2].lower() if found else ""
    if found is None or month not in _MONTHS:
        return text
    day, hour = int(found[1]), int(found[4])
    return f"{found[3]}-{_MONTHS.index(month) + 1:02d}-{day:02d}T{hour:02d}:{found[5]}Z"


def _header(row: Sequence[str]) -> tuple[str, ...] | None:
    """Return what each column is; None where the row is no header.

    What stands behind a ``#`` is the name of a user, and is passed over.
    """
    plain = [re.sub(r"[^a-z0-9]", "", name.partition("#")[0].lower()) for name in row]
    found = {}
    for field, names in NAMES.items():
        present = [name for name in names if name in plain]
        if present:
            found[plain.index(present[0])] = field
    if not set(_REQUIRED) <= set(found.values()):
        return None
    return tuple(found.get(place, UNUSED) for place in range(len(row)))


def _check_first(row: Sequence[str], names: Sequence[str], where: str) -> None:
    """Refuse a file whose first row is neither a header nor what it should be; the row itself is not shown."""
    fitting = _rejoined(row, names)
    time = fitting[names.index(TIME)].strip() if len(fitting) == len(names) else UNUSED
    if time and not _LOOKS_LIKE_TIME.fullmatch(time):
        raise SourceError(
            "its first row is neither a header that names artist, track and time nor a row of "
            f"{', '.join(name for name in names if name != UNUSED)}",
            where=where,
            remedy="Add a header, or say what the columns are: -o columns=artist,track,album,time",
        )


def _by_name(row: Sequence[str], names: Sequence[str], line: str) -> dict[str, str]:
    """Return the values by the names of their columns, "" where there is none; nothing of a row with too many."""
    fitting = _rejoined(row, names)
    values = dict(zip(names, fitting, strict=False)) if len(fitting) <= len(names) else {}
    return {name: values.get(name, "").strip() for name in NAMES} | {c.LINE: line}


def _rejoined(row: Sequence[str], names: Sequence[str]) -> Sequence[str]:
    """Put a time together again that was written with a comma and without quotes."""
    if len(row) == len(names) + 1 and names[-1] == TIME:
        time = f"{row[-2].strip()}, {row[-1].strip()}"
        if _WRITTEN.fullmatch(time):
            return [*row[:-2], time]
    return row
