"""The genres of the synthetic world, on a circle: each is related to those beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


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


#                          danceability energy loudness speechiness acousticness instrumentalness liveness valence tempo
GENRES: Final = (
    Genre("metal", ("doom", "thrash", "black metal"), (0.38, 0.92, -5.5, 0.09, 0.01, 0.25, 0.22, 0.30, 132), 2003, 0.6),
    Genre(
        "punk", ("post-punk", "hardcore", "pop punk"), (0.48, 0.90, -5.0, 0.08, 0.02, 0.06, 0.24, 0.52, 148), 1999, 0.4
    ),
    Genre(
        "rock", ("garage rock", "psychedelic", "glam"), (0.50, 0.76, -7.0, 0.05, 0.10, 0.08, 0.20, 0.52, 124), 1987, 0.3
    ),
    Genre(
        "indie", ("shoegaze", "dream pop", "slowcore"), (0.54, 0.64, -7.8, 0.04, 0.20, 0.14, 0.16, 0.45, 121), 2011, 0.3
    ),
    Genre(
        "folk",
        ("chamber folk", "ballad", "freak folk"),
        (0.50, 0.34, -12.0, 0.04, 0.78, 0.08, 0.15, 0.40, 114),
        2006,
        0.3,
    ),
    Genre(
        "country",
        ("honky tonk", "bluegrass", "outlaw"),
        (0.57, 0.60, -8.0, 0.04, 0.38, 0.02, 0.18, 0.58, 122),
        1996,
        0.1,
    ),
    Genre(
        "blues",
        ("delta blues", "electric blues", "swamp"),
        (0.53, 0.50, -9.8, 0.05, 0.48, 0.09, 0.20, 0.56, 112),
        1975,
        0.3,
    ),
    Genre(
        "jazz", ("bebop", "cool jazz", "free jazz"), (0.52, 0.38, -13.0, 0.05, 0.70, 0.48, 0.17, 0.49, 116), 1970, 0.4
    ),
    Genre(
        "soul",
        ("northern soul", "neo soul", "gospel"),
        (0.63, 0.56, -8.6, 0.06, 0.36, 0.04, 0.17, 0.62, 110),
        1982,
        0.4,
    ),
    Genre("funk", ("p-funk", "boogie", "afrobeat"), (0.75, 0.70, -8.4, 0.08, 0.18, 0.14, 0.15, 0.78, 113), 1979, 0.5),
    Genre(
        "hip hop", ("boom bap", "trap", "jazz rap"), (0.74, 0.66, -6.8, 0.24, 0.16, 0.03, 0.19, 0.52, 104), 2013, 0.5
    ),
    Genre(
        "pop",
        ("synthpop", "bedroom pop", "power pop"),
        (0.66, 0.68, -6.0, 0.06, 0.18, 0.01, 0.16, 0.56, 119),
        2016,
        0.3,
    ),
    Genre(
        "house", ("deep house", "disco house", "acid"), (0.76, 0.76, -7.4, 0.06, 0.06, 0.48, 0.13, 0.55, 124), 2012, 0.5
    ),
    Genre(
        "techno", ("dub techno", "minimal", "electro"), (0.70, 0.78, -8.6, 0.06, 0.05, 0.72, 0.12, 0.32, 129), 2010, 0.6
    ),
    Genre(
        "ambient",
        ("drone", "field recording", "new age"),
        (0.30, 0.20, -19.0, 0.04, 0.76, 0.86, 0.11, 0.16, 96),
        2008,
        0.4,
    ),
    Genre(
        "modern classical",
        ("minimalism", "neoclassical", "post-rock"),
        (0.33, 0.30, -17.0, 0.04, 0.80, 0.80, 0.12, 0.22, 104),
        2009,
        0.5,
    ),
)

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
