"""Which column of an Exportify file is what, in every language, and the rows by those names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from pipelines.data import columns as c
from pipelines.errors import SourceError
from pipelines.sources.csv_rows import csv_rows
from pipelines.sources.inputs import Member

URI, ARTIST_IDS, SAVED_AT = "uri", "artist_ids", "saved_at"
#: What is read of each row, by the names of ``headers.toml``.
FIELDS: Final = (
    URI, c.TITLE, c.ARTISTS, ARTIST_IDS, c.ALBUM, c.ISRC, c.DURATION_MS, c.EXPLICIT, c.RELEASE_DATE, c.ADDED_AT,
    c.GENRES, SAVED_AT, *c.AUDIO_FEATURES, c.KEY, c.MODE, c.TIME_SIGNATURE,
)  # fmt: skip
#: A backslash keeps a comma inside a name.
_SEPARATOR: Final = re.compile(r"(?<!\\),\s*|;\s*|\|")
_SHOWN: Final = 6


def playlist_rows(member: Member) -> Iterator[dict[str, str]]:
    """Yield the rows of a file by the names of ``FIELDS``, "" where there is no value, and ``c.LINE`` with each.

    Raises:
        SourceError: It is damaged, empty, or its header names neither tracks nor albums.
    """
    rows = csv_rows(member.stream, where=member.where)
    _, header = next(rows)
    names = _fields_of(header, member.where)
    for number, row in rows:
        # A row with too many values has slipped: nothing in it stands where it should.
        values = dict(zip(names, row, strict=False)) if len(row) <= len(names) else {}
        yield {name: values.get(name, "").strip() for name in FIELDS} | {c.LINE: member.place(number)}


def split_list(text: str) -> list[str]:
    """Return the parts of a list of names; the separator has been a comma, a semicolon and a bar over the years."""
    return [part.replace("\\,", ",").strip() for part in _SEPARATOR.split(text) if part.strip()]


def split_artists(text: str, ids: str) -> list[str]:
    """Return the names of artists; a single id says that commas belong to the name ("Tyler, The Creator")."""
    return [text.replace("\\,", ",")] if len(split_list(ids)) == 1 else split_list(text)


def _fields_of(header: Sequence[str], where: str) -> list[str]:
    """Return what each column is, "" for those that are not read."""
    known = _known_headers()
    names = [known.get(name.strip().casefold(), "") for name in header]
    if URI in names or {c.TITLE, c.ARTISTS} <= set(names) or SAVED_AT in names:
        return names
    found = ", ".join(f"'{name.strip()[:30]}'" for name in header[:_SHOWN])
    raise SourceError(
        f"its header is not one of Exportify's (columns found: {found})",
        where=where,
        remedy="It should name 'Track URI', or 'Track Name' and 'Artist Name(s)'",
    )


@cache
def _known_headers() -> Mapping[str, str]:
    """Return the field of each header in lower case."""
    fields: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("headers.toml").read_text(encoding="utf-8"))
    return {name.casefold(): field for field, names in fields.items() for name in names}
