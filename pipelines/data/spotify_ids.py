"""Spotify's id of a track, from the ids rows carry: what a player, a link or a playlist needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

URI_PREFIX: Final = "spotify:track:"
_URI: Final = re.compile(rf"{URI_PREFIX}([0-9A-Za-z]{{22}})")


def spotify_id_of(track_id: str, aliases: Iterable[str] = ()) -> str | None:
    """Return the 22 characters Spotify knows a track by; None where none of its ids is Spotify's.

    Args:
        track_id: The id a catalogue knows the track by.
        aliases: Its other ids. A recording may have several of Spotify's, one a release: the track's own comes first,
            then the first in the order of the text, so that the choice is the same every time.
    """
    for each in (track_id, *sorted(aliases)):
        if found := _URI.fullmatch(each):
            return found[1]
    return None
