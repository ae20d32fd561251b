"""The genres of the synthetic world, on a circle: each is related to those beside it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from pipelines.data import columns as c


@dataclass(frozen=True)
class Genre:
    """What music of a genre is like.

    Attributes:
        name: Its name, as in the ``genres`` column.
        styles: Names of its scenes, as in the ``tags`` column.
        sound: Mean of the nine audio features, in the order of ``columns.AUDIO_FEATURES``.
        year: The middle of its era.
        minor: Share of its tracks in a minor key.
    """

    name: str
    styles: tuple[str, ...]
    sound: tuple[float, ...]
    year: int
    minor: float


def _read_genres() -> tuple[Genre, ...]:
    text = files(__package__).joinpath("genres.toml").read_text("utf-8")
    return tuple(
        Genre(
            name=entry["name"],
            styles=tuple(entry["styles"]),
            sound=tuple(entry["sound"][feature] for feature in c.AUDIO_FEATURES),
            year=entry["year"],
            minor=entry["minor"],
        )
        for entry in tomllib.loads(text)["genres"]
    )


GENRES: Final = _read_genres()

#: Standard deviation of each audio feature inside a genre, and the range it is kept in.
SPREAD: Final = (0.12, 0.14, 2.6, 0.03, 0.16, 0.16, 0.08, 0.17, 17.0)
RANGES: Final = (
    (0.0, 1.0),
    (0.0, 1.0),
    (-45.0, -0.5),
    (0.02, 0.95),
    (0.0, 1.0),
    (0.0, 0.98),
    (0.02, 1.0),
    (0.0, 1.0),
    (52.0, 208.0),
)
PLACES: Final = (
    "coastal", "desert", "highland", "harbour", "northern", "southern", "island", "river", "mountain", "downtown",
    "midnight", "rainy day", "sunday", "winter", "summer", "suburban", "basement", "cinema", "roadside", "rooftop",
)  # fmt: skip
