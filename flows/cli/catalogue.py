"""Tracks by the words a person types, and as a person reads them."""

from __future__ import annotations

from typing import Any

from pipelines.data import columns as c
from pipelines.errors import UnknownIdError
from pipelines.release.bundle import ModelBundle

_NAMED = 3


class Catalogue:
    """The tracks a bundle knows."""

    def __init__(self, bundle: ModelBundle) -> None:
        self._ids = bundle.tracks
        self._indices = bundle.indices
        data = bundle.catalogue.data
        self._titles = [str(title or "") for title in data[c.TITLE].to_pylist()]
        self._artists = [", ".join(artists or ()) for artists in data[c.ARTISTS].to_pylist()]

    def id(self, index: int) -> str:
        """Return a track's id."""
        return str(self._ids.ids[index])

    def name(self, index: int) -> str:
        """Return title and artists, or the id where neither is known."""
        parts = dict.fromkeys(part for part in (self._titles[index], self._artists[index]) if part)
        return " - ".join(parts) or self.id(index)

    def entry(self, index: int) -> dict[str, Any]:
        """Return a track for a program."""
        return {c.TRACK_ID: self.id(index), c.TITLE: self._titles[index], c.ARTISTS: self._artists[index]}

    def find(self, wanted: str) -> int:
        """Return the index of a track by its id, else by its name or words of it.

        Raises:
            UnknownIdError: No track fits, or several do.
        """
        index = int(self._indices([wanted])[0])
        if index >= 0:
            return index
        words = wanted.casefold().split()
        names = [self.name(i).casefold() for i in range(len(self._titles))]
        exact = [i for i, name in enumerate(names) if wanted.casefold() in {name, self._titles[i].casefold()}]
        fitting = exact or [i for i, name in enumerate(names) if words and all(word in name for word in words)]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise UnknownIdError(
                f"the model knows no track '{wanted}'", where="TRACK", remedy="Pass a track_id, or words of its title"
            )
        named = "; ".join(f"{self.id(i)} ({self.name(i)})" for i in fitting[:_NAMED])
        raise UnknownIdError(f"'{wanted}' fits {len(fitting)} tracks: {named}", where="TRACK", remedy="Pass a track_id")
