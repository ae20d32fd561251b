"""Fuzzes the parser of the Spotify export: ``make fuzz``, or this file with libFuzzer's own options.

Bytes are read as a file of the history in small blocks, so that every cut between two blocks is met. Whatever they are:

- nothing but a named error comes out;
- every row is an interaction or left out for a reason;
- what the standard library reads as a list is not refused, and has as many entries (unless a limit was met).

A crash is kept as a file beside the caller; ``python tests/fuzz/spotify_export.py FILE`` runs it again.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

from pipelines.testing.spotify_exports import COUNTED, Plan, write_export

with atheris.instrument_imports(include=["pipelines.sources.spotify_export"]):
    from pipelines.errors import SourceError
    from pipelines.sources.spotify_export.history import KnownPlays, as_columns, basic_plays, extended_plays
    from pipelines.sources.spotify_export.json_rows import JsonRows
    from pipelines.sources.spotify_export.library import library_tracks, no_tracks, playlist_tracks, read_whole
    from pipelines.sources.spotify_export.records import BasicPlay, ExtendedPlay, Library, Playlists
    from pipelines.sources.spotify_export.rules import Judged, judge

SOURCE = "spotify-export"
#: Short inputs have several blocks.
SMALL = {"block_bytes": 700, "row_bytes": 600}


def read_extended(data: bytes) -> int:
    """Read bytes as the extended history; return how many entries there are."""
    reader = JsonRows(ExtendedPlay, "fuzz", **SMALL)
    rows = [row for block in reader.read(io.BytesIO(data)) for row in block]
    plays = extended_plays(as_columns(rows, ExtendedPlay), SOURCE)
    KnownPlays().add(plays)
    return accounted(judge(plays)) + reader.strangers


def read_basic(data: bytes) -> int:
    """Read bytes as the basic history; return how many entries there are."""
    reader = JsonRows(BasicPlay, "fuzz", **SMALL)
    rows = [row for block in reader.read(io.BytesIO(data)) for row in block]
    return accounted(judge(basic_plays(as_columns(rows, BasicPlay), SOURCE, KnownPlays()))) + reader.strangers


def accounted(judged: Judged) -> int:
    """Return how many plays became interactions or were left out."""
    return int(judged.kept.sum()) + sum(judged.left_out.values())


def read_collections(data: bytes) -> None:
    """Read bytes as a library and as playlists."""
    library = read_whole(io.BytesIO(data), Library, "fuzz")
    no_tracks(library)
    library_tracks(library.tracks or (), SOURCE)
    for playlist in read_whole(io.BytesIO(data), Playlists, "fuzz").playlists or ():
        items = playlist.items or ()
        found = playlist_tracks(items, SOURCE)
        assert len(found.track_id) + sum(found.left_out.values()) == len(items)


def entries(data: bytes) -> int | None:
    """Return how many entries the standard library finds; None where it finds no list."""
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError):
        return None
    return len(value) if isinstance(value, list) else None


def one_input(data: bytes) -> None:
    """Read one input in every way."""
    expected = entries(data)
    for read in (read_extended, read_basic):
        try:
            found = read(data)
        except SourceError as error:
            refused_rightly = expected is None or "longer than" in error.what
            assert refused_rightly, error  # noqa: PT017 - not a test of pytest's
        else:
            assert expected is None or found == expected, (found, expected)
    with suppress(SourceError):
        read_collections(data)


def write_corpus(folder: Path) -> None:
    """Write files to begin with: the parts of a small export, and every odd row."""
    export = write_export(folder / "export", Plan(plays=12, basic=6, basic_only=2))
    for number, path in enumerate(sorted(export.path.rglob("*.json"))):
        (folder / f"part-{number}").write_bytes(path.read_bytes())
    for fault, rows in COUNTED.items():
        (folder / fault.name).write_text(f"[{', '.join(rows)}]", encoding="utf-8", errors="surrogateescape")


def main() -> None:
    """Fuzz, or run the files that are named."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder)
        atheris.Setup([*sys.argv, "-max_len=4096", str(folder)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
