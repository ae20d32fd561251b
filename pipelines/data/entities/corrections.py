"""A person's word on which tracks are the same: a small CSV file, which always wins.

The file has a heading and one statement a line::

    track_id,same_as,not_same_as
    lastfm:0c2f9a51e88b4d3f0a7e,spotify:track:4uLU6hMCjMI75M1A2tKUQC,
    spotify:track:7GhIk7Il098yCjg4BQjzvb,,mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47ae

A column that is not needed can be left away.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.data import columns as c
from pipelines.errors import SourceError

SAME_AS: Final = "same_as"
NOT_SAME_AS: Final = "not_same_as"

_COLUMNS: Final = (c.TRACK_ID, SAME_AS, NOT_SAME_AS)
_REMEDY: Final = "Mend the line or delete it"
_MOST_BYTES: Final = 50_000_000

Pair = tuple[str, str]


@dataclass(frozen=True)
class Corrections:
    """Which tracks are the same, and which are not, in a person's words.

    Attributes:
        same: Pairs of track ids that are one recording.
        apart: Pairs that are two, whatever else speaks for one.
    """

    same: tuple[Pair, ...] = ()
    apart: tuple[Pair, ...] = ()


def read_corrections(path: Path) -> Corrections:
    """Read a file of corrections; none where there is no file.

    Raises:
        SourceError: The file cannot be read, a line does not say one thing about two tracks, or two lines contradict
            each other.
    """
    if not path.exists():
        return Corrections()
    same: list[Pair] = []
    apart: list[tuple[int, Pair]] = []
    for line, row in _lines(path):
        where = f"{path}, line {line}"
        track, one, other = (row[name] for name in _COLUMNS)
        if not track:
            raise SourceError("it names no track_id", where=where, remedy=_REMEDY)
        if bool(one) == bool(other):
            raise SourceError(f"it needs either {SAME_AS} or {NOT_SAME_AS}", where=where, remedy=_REMEDY)
        if track in {one, other}:
            raise SourceError("it compares a track with itself", where=where, remedy=_REMEDY)
        if one:
            same.append((track, one))
        else:
            apart.append((line, (track, other)))
    _refuse_contradictions(path, same, apart)
    return Corrections(tuple(same), tuple(pair for _, pair in apart))


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and cells of every line that is not blank."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        heading = [name.strip() for name in next(reader, [])]
        _check_heading(path, heading)
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if len(values) > len(heading):
                where = f"{path}, line {reader.line_num}"
                raise SourceError(
                    f"it has {len(values)} cells where the heading has {len(heading)}", where=where, remedy=_REMEDY
                )
            yield reader.line_num, dict.fromkeys(_COLUMNS, "") | dict(zip(heading, values, strict=False))
    except csv.Error as error:
        raise SourceError(
            f"it cannot be read as CSV ({error})", where=f"{path}, line {reader.line_num}", remedy=_REMEDY
        ) from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SourceError(
                "it is larger than 50 MB", where=str(path), remedy=f"A file of corrections has the columns {_COLUMNS}"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError("it is not UTF-8 text", where=str(path), remedy="Save it as UTF-8") from error
    except OSError as error:
        raise SourceError(f"it cannot be read ({error.strerror})", where=str(path), remedy="Check the path") from error


def _check_heading(path: Path, heading: list[str]) -> None:
    strangers = [name for name in heading if name not in _COLUMNS]
    twice = len(set(heading)) < len(heading)
    if strangers or twice or c.TRACK_ID not in heading or len(heading) == 1:
        raise SourceError(
            f"its heading is '{','.join(heading)}'",
            where=f"{path}, line 1",
            remedy=f"Write {','.join(_COLUMNS)}",
        )


def _refuse_contradictions(path: Path, same: list[Pair], apart: list[tuple[int, Pair]]) -> None:
    """Refuse two tracks that are apart by one line and the same by others."""
    group: dict[str, set[str]] = {}
    for first, second in same:
        united = group.get(first, {first}) | group.get(second, {second})
        group |= dict.fromkeys(united, united)
    for line, (first, second) in apart:
        if second in group.get(first, ()):
            raise SourceError(
                f"it keeps '{first}' and '{second}' apart, which other lines say are the same",
                where=f"{path}, line {line}",
                remedy=_REMEDY,
            )
