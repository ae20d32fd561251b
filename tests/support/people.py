"""People with scrobbles of their own, who share tracks, so that all can reach a matrix."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.data.consent import Consent, ConsentLedger
from pipelines.data.consent_text import consent_text
from pipelines.data.people import person_id
from pipelines.home import Home

TRACKS = 12
SONGS = 18


def write_scrobbles(path: Path, *, tracks: int = TRACKS, first: int = 0) -> Path:
    """Write one scrobble a day of each track, as Last.fm exporters do.

    Args:
        path: The file.
        tracks: How many.
        first: Where they begin in a round of eighteen songs; people who begin elsewhere are no twins.
    """
    songs = [(first + day) % SONGS for day in range(tracks)]
    lines = [f"Band {song % 4},Song {song},{1_577_836_800 + 86_400 * day}" for day, song in enumerate(songs)]
    path.write_text("\n".join(["artist,track,uts", *lines]) + "\n", encoding="utf-8")
    return path


def agree(home: Home, listener: str, source: str = "lastfm") -> Consent:
    """Record that a person agrees to today's words."""
    ledger = ConsentLedger(home.consents)
    return ledger.grant(person_id(listener), source, consent_text(source), now=datetime.now(UTC))


def withdraw(home: Home, listener: str) -> None:
    """Record that a person takes everything back."""
    ConsentLedger(home.consents).withdraw(person_id(listener), now=datetime.now(UTC))
