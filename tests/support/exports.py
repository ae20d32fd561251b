"""An export from Spotify that fits on the screen, of somebody who plays the tiny world."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

ME: Final = "web:" + "a" * 32
A, B, C = ("spotify:track:" + letter * 22 for letter in "ABC")

#: Three plays of A (one too short and left early, so left out), two of B, one of C, which is not served, another of C
#: before there were any, and a play that names nothing.
PLAYS: Final = [
    ("2020-01-01T10:00:00Z", A, "Jóga", "Björk", 200_000),
    ("2020-01-01T10:05:00Z", A, "Jóga", "Björk", 200_000),
    ("2020-01-01T10:06:00Z", A, "Jóga", "Björk", 5_000),
    ("2021-01-01T10:00:00Z", B, "Teardrop", "Massive Attack", 40_000),
    ("2021-01-01T10:06:00Z", B, "Teardrop", "Massive Attack", 60_000),
    ("2021-01-01T11:00:00Z", C, "Nobody Knows It", "Nobody", 60_000),
    ("1990-01-01T00:00:00Z", C, "Nobody Knows It", "Nobody", 60_000),
    ("2021-01-01T12:00:00Z", None, None, None, 60_000),
]
_NAMES: Final = (
    "ts",
    "spotify_track_uri",
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "ms_played",
)


def zip_of(path: Path, plays: Sequence[tuple[Any, ...]] = PLAYS) -> Path:
    """Write plays as the zip that Spotify sends."""
    entries = [dict(zip(_NAMES, play, strict=True)) for play in plays]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Streaming_History_Audio_2020_0.json", json.dumps(entries))
    return path
