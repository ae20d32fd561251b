"""Who is on a track: the credited artists and the guests, by names that spelling does not keep apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pipelines.data.names import normalise_artist

_GUESTS = re.compile(r"\b(?:featuring|feat\.?|ft\.?)\s+(?P<names>[^()\[\]]+)", re.IGNORECASE)
_BETWEEN_GUESTS = re.compile(r"\s*(?:,|&|\band\b)\s*", re.IGNORECASE)


def performers(artists: Iterable[str] | None, title: str | None) -> list[str]:
    """Return the normalised names of everybody on a track, without repetition.

    Guests are named in the artist's field ("Usher Featuring Plies") or in the title ("All I Do Is Win (feat. T-Pain)").
    The name before the guests is never divided: "Simon & Garfunkel" is one artist.
    """
    names: dict[str, None] = {}
    for artist in artists or ():
        main, guests = _divided(artist)
        names |= dict.fromkeys([main, *guests])
    if title:
        names |= dict.fromkeys(_divided(title)[1])
    return [name for name in names if name]


def _divided(text: str) -> tuple[str, list[str]]:
    """Return what stands before the guests, and the guests, normalised."""
    found = _GUESTS.search(text)
    if found is None:
        return normalise_artist(text), []
    guests = _BETWEEN_GUESTS.split(found["names"].split(" - ")[0])
    return normalise_artist(text[: found.start()]), [normalise_artist(guest) for guest in guests]
