"""The taste profile: what a listener's own plays say about them, as figures a page can draw and a person can check.

A play is what training counts as one: heard for long enough. Shares are of plays, and whatever is known of some tracks
only (audio features, release years, genres) says how much of the listening it speaks for: ``coverage``. What nobody
knows is None and never a middle value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.listening import Listening
from pipelines.data.tables import TrackCatalogue
from pipelines.features.listens import told_once

#: The corners of the radar, by Spotify's names: all between 0 and 1. ``tempo``, in beats a minute, stands beside it.
RADAR: Final = (
    c.DANCEABILITY, c.ENERGY, c.VALENCE, c.ACOUSTICNESS, c.INSTRUMENTALNESS, c.SPEECHINESS, c.LIVENESS, c.TEMPO
)  # fmt: skip
_SHOWN: Final = [c.TRACK_ID, c.TITLE, c.ARTISTS, c.RELEASE_DATE, c.GENRES, c.TAGS, *RADAR]
#: How many artists and genres of all time, and how many artists and tracks of a year.
_TOP: Final = 10
_TOP_OF_A_YEAR: Final = 5
#: Where no genre is known, so many of the strongest tags stand in for it.
_TAGS_FOR_GENRES: Final = 3


@dataclass(frozen=True)
class Known:
    """A mean over the plays of tracks of which something is known.

    Attributes:
        mean: The mean; None where it is known of no track.
        coverage: The share of plays it speaks for.
    """

    mean: float | None
    coverage: float


@dataclass(frozen=True)
class Part:
    """One of the things a listener's plays are divided into.

    Attributes:
        name: An artist, a genre, a decade.
        plays: How many plays.
        share: Their share of the plays of which this is known.
    """

    name: str
    plays: float
    share: float


@dataclass(frozen=True)
class Favourite:
    """A track and how often it was played."""

    track_id: str
    title: str
    artists: tuple[str, ...]
    plays: float


@dataclass(frozen=True)
class Year:
    """A year in review, by the calendar of UTC.

    Attributes:
        year: The year.
        plays: How many plays.
        ms: Milliseconds listened, skipped tracks included; None where no source tells.
        top_artists: The artists played most.
        top_tracks: The tracks played most.
    """

    year: int
    plays: float
    ms: int | None
    top_artists: tuple[Part, ...]
    top_tracks: tuple[Favourite, ...]


@dataclass(frozen=True)
class TasteProfile:
    """What a listener's plays say.

    Attributes:
        plays: How many there are.
        tracks: Of how many tracks.
        artists: By how many main artists.
        radar: The mean of each audio feature.
        top_artists: The artists played most.
        eras: Plays by decade of release, the oldest first.
        genres: The genres played most; a play of a track with several is divided among them.
        years: Each year with plays, the latest first.
    """

    plays: float
    tracks: int
    artists: int
    radar: Mapping[str, Known]
    top_artists: tuple[Part, ...]
    eras: tuple[Part, ...]
    genres: tuple[Part, ...]
    years: tuple[Year, ...]


def taste_profile(listening: Listening, catalogue: TrackCatalogue, rules: PreferenceRules) -> TasteProfile:
    """Return the profile of everything kept of a listener.

    Args:
        listening: Their data, the tracks looked up.
        catalogue: The served catalogue.
        rules: What counts as a play.
    """
    served = listening.served()
    once = told_once(listening.rows, pa.chunked_array([served]))
    kind, value = listening.rows[c.KIND].to_numpy(), listening.rows[c.VALUE].to_numpy()
    long_enough = (kind == c.PLAY) & (np.isnan(value) | (value >= rules.min_play_ms))
    plays = np.where(kind == c.PLAY_COUNT, np.nan_to_num(value, nan=1.0), long_enough.astype(float))
    timed = np.isin(kind, (c.PLAY, c.SKIP)) & ~np.isnan(value)
    year = pc.fill_null(pc.year(listening.rows[c.AT]), 0).to_numpy()
    heard = pd.DataFrame(
        {"track": served.to_pylist(), "plays": plays, "ms": np.where(timed, value, np.nan), "year": year}
    )
    return _profile(heard[once], _described(listening, catalogue))


def profile_of_history(history: Mapping[str, float], catalogue: TrackCatalogue) -> TasteProfile:
    """Return the profile of a history that was sent in a call: weights are plays, and nobody knows when they were."""
    wanted = pa.array(history, pa.string())
    rows = catalogue.data.select(_SHOWN).filter(pc.is_in(catalogue.data[c.TRACK_ID], value_set=wanted))
    known = rows[c.TRACK_ID].to_pylist()
    heard = pd.DataFrame(
        {
            "track": known,
            "plays": [float(history[track]) for track in known],
            "ms": np.full(len(known), np.nan),
            "year": np.zeros(len(known), dtype=np.int64),
        }
    )
    return _profile(heard, _facts(rows))


def _profile(heard: pd.DataFrame, facts: pd.DataFrame) -> TasteProfile:
    """Divide plays up.

    Args:
        heard: track, plays, ms, year (0 where it is not known), one row an event.
        facts: What is known of each of these tracks, by its id.
    """
    by_track = heard.groupby("track")["plays"].sum()
    by_track = by_track[by_track > 0].sort_index()
    known = facts.reindex(by_track.index)
    artists = _parts(by_track, known["artist"])
    decades = _parts(by_track, known["decade"], most=None)
    return TasteProfile(
        plays=float(by_track.sum()),
        tracks=len(by_track),
        artists=int(known["artist"].nunique()),
        radar={name: _mean(by_track, known[name]) for name in RADAR},
        top_artists=artists,
        eras=tuple(sorted(decades, key=lambda part: part.name)),
        genres=_genres(by_track, known["genres"]),
        years=tuple(_year(int(year), rows, facts) for year, rows in _by_year(heard)),
    )


def _by_year(heard: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """Return the rows of each year with plays, the latest first."""
    dated = heard[heard["year"] > 0].groupby("year")
    return [(year, rows) for year, rows in list(dated)[::-1] if rows["plays"].sum() > 0]


def _year(year: int, rows: pd.DataFrame, facts: pd.DataFrame) -> Year:
    by_track = rows.groupby("track")["plays"].sum()
    by_track = by_track[by_track > 0].sort_index()
    known = facts.reindex(by_track.index)
    best = known.assign(plays=by_track).sort_values("plays", ascending=False, kind="stable")[:_TOP_OF_A_YEAR]
    return Year(
        year=year,
        plays=float(by_track.sum()),
        ms=int(rows["ms"].sum()) if rows["ms"].notna().any() else None,
        top_artists=_parts(by_track, known["artist"], most=_TOP_OF_A_YEAR),
        top_tracks=tuple(
            Favourite(str(track), title, tuple(artists), float(plays))
            for track, title, artists, plays in zip(
                best.index, best["title"], best["artists"], best["plays"], strict=True
            )
        ),
    )


def _parts(plays: pd.Series[float], names: pd.Series[Any], most: int | None = _TOP) -> tuple[Part, ...]:
    """Return the plays of each name, the largest first; tracks without a name take no part."""
    sums = plays.groupby(names.to_numpy()).sum().sort_index().sort_values(ascending=False, kind="stable")
    total = float(sums.sum())
    return tuple(Part(str(name), float(count), float(count) / total) for name, count in sums[:most].items())


def _genres(plays: pd.Series[float], genres: pd.Series[Any]) -> tuple[Part, ...]:
    one_each = pd.DataFrame({"plays": plays / genres.map(len).clip(lower=1), "genre": genres}).explode("genre")
    return _parts(one_each["plays"], one_each["genre"])


def _mean(plays: pd.Series[float], values: pd.Series[float]) -> Known:
    known = values.notna()
    weight, total = float(plays[known].sum()), float(plays.sum())
    if not weight:
        return Known(None, 0.0)
    return Known(float((plays[known] * values[known]).sum()) / weight, weight / total)


def _described(listening: Listening, catalogue: TrackCatalogue) -> pd.DataFrame:
    """Return what is known of each track: by the catalogue where that has it, else by the listener's own data."""
    ids = pc.unique(listening.served())
    place = pc.index_in(ids, value_set=catalogue.data[c.TRACK_ID].combine_chunks())
    served = catalogue.data.select(_SHOWN).take(place.drop_null())
    own = listening.tracks.filter(pc.is_in(listening.tracks[c.TRACK_ID], value_set=ids.filter(place.is_null())))
    return _facts(pa.concat_tables([served, own.select(_SHOWN)]))


def _facts(rows: pa.Table) -> pd.DataFrame:
    """Return tracks by their ids: title, artists, main artist, decade, genres, features."""
    titles = pc.coalesce(rows[c.TITLE], rows[c.TRACK_ID]).to_pylist()
    artists = [[name for name in names or () if name] for names in rows[c.ARTISTS].to_pylist()]
    dates = rows[c.RELEASE_DATE].to_pylist()
    labels = zip(rows[c.GENRES].to_pylist(), rows[c.TAGS].to_pylist(), strict=True)
    facts = {
        "title": titles,
        "artists": artists,
        "artist": [names[0] if names else None for names in artists],
        "decade": [f"{date[:3]}0s" if date and date[:4].isdecimal() else None for date in dates],
        "genres": [[g for g in genres or (tags or ())[:_TAGS_FOR_GENRES] if g] for genres, tags in labels],
        **{name: rows[name].to_numpy().astype(float) for name in RADAR},
    }
    return pd.DataFrame(facts, index=pd.Index(rows[c.TRACK_ID].to_pylist(), name="track"))
