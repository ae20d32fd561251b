"""What a listener may ask of a list besides the model: filters that always hold, and dials that shift the order.

Everything here works on the candidates of one list, in the model's order. With all dials at rest the order is the
model's own, whatever the filters.

A dial adds a term to a utility: u = q + sum of dial x attribute, where q falls from 1 to 0 along the model's order and
every attribute lies between 0 and 1, so that a full dial weighs as much as the whole way through the candidates. The k
candidates of greatest utility have, over the same candidates and other dials, a sum of an attribute that never falls
when its dial rises (the derivative of max sum(q + d a) in d is sum(a), and a maximum of linear functions is convex).

Diversity is maximal marginal relevance (Carbonell & Goldstein 1998) over artists and labels. Greedy choices promise
nothing by themselves, so the dial has steps, and each step shows the most diverse of the lists up to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.facts import AIMS, UNKNOWN_YEAR, TrackFacts
from pipelines.sparse import from_triples, with_data

#: The dials look at so many of the model's best candidates: what comes behind is hardly liked at all.
POOL: Final = 1_000

#: Diversity compares pairs, so it looks at fewer: so many for each place of the list, and at most so many in all.
DIVERSE_POOL_PER_PLACE: Final = 5
DIVERSE_POOL: Final = 600

#: The steps of the diversity dial.
STEPS: Final = 10

#: This many beats a minute beside the tempo aimed at are as wrong as can be.
_TEMPO_SPAN = 60.0


@dataclass(frozen=True)
class Filters:
    """What must not be in a list. What is not known about a track does not satisfy an era or a genre.

    Attributes:
        artists: Names of artists none of whose tracks may appear.
        explicit: "no" leaves out tracks that are known to be explicit.
        years: First and last year of release; None leaves that side open.
        genres: At least one of these labels, where any are given.
        per_artist: At most so many tracks of any artist; None for no limit.
    """

    artists: tuple[str, ...] = ()
    explicit: Literal["any", "no"] = "any"
    years: tuple[int | None, int | None] = (None, None)
    genres: tuple[str, ...] = ()
    per_artist: int | None = None

    @property
    def narrow(self) -> bool:
        """Whether any track can be left out by itself."""
        return self != Filters(per_artist=self.per_artist)


@dataclass(frozen=True)
class Dials:
    """What a listener wants more or less of; 0 is the model's own order.

    Attributes:
        adventure: From the familiar (-1) to artists and genres the listener has not played (1).
        popularity: From the obscure (-1) to what many play (1).
        diversity: Up to 1, how much a list avoids what it already has.
        audio: Feature -> target; what is not named does not matter.
    """

    adventure: float = 0.0
    popularity: float = 0.0
    diversity: float = 0.0
    audio: Mapping[str, float] = field(default_factory=dict)

    @property
    def at_rest(self) -> bool:
        """Whether the order is the model's own."""
        return not (self.adventure or self.popularity or self.diversity or self.audio)


class Wishes(NamedTuple):
    """Filters and dials together."""

    filters: Filters = Filters()
    dials: Dials = Dials()

    @property
    def none(self) -> bool:
        """Whether the list is the model's own."""
        return self.dials.at_rest and self.filters == Filters()


NO_WISHES: Final = Wishes()


def allowed(facts: TrackFacts, tracks: np.ndarray, filters: Filters) -> np.ndarray:
    """Tell for each track whether every filter lets it through, as booleans."""
    kept = np.ones(len(tracks), dtype=bool)
    if filters.explicit == "no":
        kept &= facts.explicit[tracks] != 1
    first, last = filters.years
    if first is not None or last is not None:
        years = facts.years[tracks]
        kept &= years != UNKNOWN_YEAR
        kept &= (years >= (first if first is not None else 0)) & (years <= (last if last is not None else 9999))
    if filters.artists:
        kept &= ~facts.artists.having(tracks, facts.artists.codes_of(filters.artists))
    if filters.genres:
        kept &= facts.labels.having(tracks, facts.labels.codes_of(filters.genres))
    return kept


def choose(facts: TrackFacts, candidates: np.ndarray, history: np.ndarray, k: int, wishes: Wishes) -> np.ndarray:
    """Return the places of the candidates that make the list, in its order; at most ``k``.

    Args:
        facts: What is known about the tracks.
        candidates: Track indices in the model's order, filtered already.
        history: Track indices of the listener's own tracks.
        k: Length of the list.
        wishes: Dials, and how many tracks of an artist may appear.
    """
    dials = wishes.dials
    if dials.at_rest:
        return _capped(facts, candidates, np.arange(len(candidates)), k, wishes.filters.per_artist)
    pool = candidates[:POOL]
    utility = utilities(facts, pool, history, dials)
    order = np.argsort(-utility, kind="stable")
    if not dials.diversity:
        return _capped(facts, pool, order, k, wishes.filters.per_artist)
    near = order[: min(DIVERSE_POOL, max(k, DIVERSE_POOL_PER_PLACE * k))]
    if wishes.filters.per_artist is not None:
        near = _capped(facts, pool, order, len(near), wishes.filters.per_artist)
    picked = _diverse(looks_of(facts, pool[near]), utility[near], k, dials.diversity)
    chosen: np.ndarray = near[picked]
    return chosen


def utilities(facts: TrackFacts, pool: np.ndarray, history: np.ndarray, dials: Dials) -> np.ndarray:
    """Return what each candidate is worth under the dials, diversity aside."""
    utility = 1.0 - np.arange(len(pool)) / max(1, len(pool))
    if dials.popularity:
        utility += dials.popularity * popularity(facts, pool)
    if dials.adventure:
        utility += dials.adventure * (1.0 - familiarity(facts, pool, history))
    if dials.audio:
        utility += closeness(facts, pool, dials.audio)
    return utility


def popularity(facts: TrackFacts, tracks: np.ndarray) -> np.ndarray:
    """Return log(1 + listeners) over that of the most popular track, between 0 and 1."""
    most = np.log1p(float(facts.listeners[facts.by_popularity[0]])) if len(facts.by_popularity) else 0.0
    share: np.ndarray = np.log1p(facts.listeners[tracks].astype(float)) / (most or 1.0)
    return share


def familiarity(facts: TrackFacts, tracks: np.ndarray, history: np.ndarray) -> np.ndarray:
    """Return how familiar each track is to a listener, between 0 and 1.

    1 for an artist of the history; else half of the share of the track's labels that the history has. Where nothing is
    known of a track it counts as unfamiliar: nothing says the listener knows it.
    """
    labels, rows = facts.labels.of_tracks(tracks)
    known = np.isin(labels, facts.labels.of_tracks(history)[0])
    counts = np.bincount(rows, minlength=len(tracks))
    shared = np.bincount(rows, weights=known, minlength=len(tracks)) / np.maximum(counts, 1)
    own = facts.artists.having(tracks, facts.artists.of_tracks(history)[0])
    return np.where(own, 1.0, 0.5 * shared)


def closeness(facts: TrackFacts, tracks: np.ndarray, targets: Mapping[str, float]) -> np.ndarray:
    """Return how near each track comes to the targets, between 0 and 1.

    The mean over the targeted features that are known of the track; where none is known, the mean of the other tracks,
    so that a track is neither favoured nor held back for what nobody measured.
    """
    places = np.array([AIMS.index(name) for name in targets])
    spans = np.array([_TEMPO_SPAN if name == AIMS[-1] else 1.0 for name in targets])
    found = facts.audio[np.ix_(tracks, places)].astype(float)
    near = 1.0 - np.minimum(np.abs(found - np.array(list(targets.values()))) / spans, 1.0)
    known = ~np.isnan(near)
    counts = known.sum(axis=1)
    mean = np.where(known, near, 0.0).sum(axis=1) / np.maximum(counts, 1)
    others = mean[counts > 0].mean() if (counts > 0).any() else 0.0
    return np.where(counts > 0, mean, others)


def looks_of(facts: TrackFacts, tracks: np.ndarray) -> sp.csr_array:
    """Return tracks x (artists, labels) as rows of unit length; empty where nothing is known."""
    artists, artist_rows = facts.artists.of_tracks(tracks)
    labels, label_rows = facts.labels.of_tracks(tracks)
    columns = np.unique(np.concatenate([artists, labels + len(facts.artists.names)]), return_inverse=True)
    rows = np.concatenate([artist_rows, label_rows])
    shape = (len(tracks), max(1, len(columns[0])))
    looks = from_triples(np.ones(len(rows)), rows, columns[1], shape)
    lengths = np.sqrt(np.bincount(rows, minlength=len(tracks)))
    return with_data(looks, (looks.data / np.repeat(lengths, np.diff(looks.indptr))).astype(np.float32))


def spread(likeness: np.ndarray, chosen: np.ndarray) -> float:
    """Return 1 - the mean likeness of the pairs of a list; 1 where there is no pair (Smyth & McClave 2001)."""
    n = len(chosen)
    if n < 2:  # noqa: PLR2004 - a pair takes two
        return 1.0
    among = likeness[np.ix_(chosen, chosen)].astype(float)
    return float(1.0 - (among.sum() - np.trace(among)) / (n * (n - 1)))


def _diverse(looks: sp.csr_array, utility: np.ndarray, k: int, dial: float) -> np.ndarray:
    """Return the most diverse of the lists at the steps up to the dial's; the first of equally diverse ones."""
    likeness = (looks @ looks.T).toarray()
    lowest, span = utility.min(initial=np.inf), np.ptp(utility) if len(utility) else 0.0
    worth = (utility - lowest) / (span or 1.0)
    steps = np.arange(1 + max(1, round(dial * STEPS))) / STEPS
    lists = [_marginal(likeness, worth, k, float(step)) for step in steps]
    return max(lists, key=lambda chosen: round(spread(likeness, chosen), 9))


def _marginal(likeness: np.ndarray, worth: np.ndarray, k: int, weight: float) -> np.ndarray:
    """Return ``k`` places by maximal marginal relevance: worth, less the likeness to what was chosen before."""
    left = (1.0 - weight) * worth
    nearest = np.zeros(len(worth), dtype=likeness.dtype)
    chosen = np.empty(min(k, len(worth)), dtype=np.int64)
    for place in range(len(chosen)):
        best = int(np.argmax(left - weight * nearest))
        chosen[place] = best
        left[best] = -np.inf
        np.maximum(nearest, likeness[best], out=nearest)
    return chosen


def _capped(facts: TrackFacts, candidates: np.ndarray, order: np.ndarray, k: int, per_artist: int | None) -> np.ndarray:
    """Return the first ``k`` of an order, at most so many of any artist; tracks without artists are not counted."""
    if per_artist is None:
        return order[:k]
    chosen: list[int] = []
    counts: dict[int, int] = {}
    for place in order.tolist():
        artists = facts.artists.of_track(int(candidates[place])).tolist()
        if all(counts.get(artist, 0) < per_artist for artist in artists):
            chosen.append(place)
            for artist in artists:
                counts[artist] = counts.get(artist, 0) + 1
            if len(chosen) == k:
                break
    return np.array(chosen, dtype=np.int64)
