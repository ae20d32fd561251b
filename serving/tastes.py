"""Demo tastes: a few tracks that go together, so that a person can start with one click."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import numpy as np

from pipelines.recommenders.base import SimilarTracks
from pipelines.recommenders.facts import TrackFacts
from pipelines.recommenders.ranking import PAD
from pipelines.release.bundle import ModelBundle

#: How many tastes, and of how many tracks each. One track is no taste.
TASTES = 6
TRACKS_PER_TASTE = 4

#: Tastes are made of tracks that many people know: of so many most popular ones.
WELL_KNOWN = 2_000


def find_tastes(bundle: ModelBundle) -> list[tuple[str, list[int]]]:
    """Return names and track indices of tastes, the most popular first; no track stands in two.

    Where the catalogue has genres or tags, a taste is the most popular tracks of a genre. Where it has none, it is a
    popular track with the tracks most like it.
    """
    known = bundle.by_popularity[:WELL_KNOWN]
    tastes = _by_genre(bundle.facts, known)
    return tastes if len(tastes) > 1 else list(islice(_by_neighbourhood(bundle, known), TASTES))


def _by_genre(facts: TrackFacts, known: np.ndarray) -> list[tuple[str, list[int]]]:
    """Return the genres with most listeners, each with the most popular tracks whose first genre or tag it is."""
    members: dict[int, list[int]] = {}
    reach: Counter[int] = Counter()
    for index in known.tolist():
        for label in facts.labels.of_track(index)[:1].tolist():
            members.setdefault(label, []).append(index)
            reach[label] += int(facts.listeners[index])
    large_enough = [label for label, _ in reach.most_common() if len(members[label]) > 1]
    return [(facts.labels.shown[label], members[label][:TRACKS_PER_TASTE]) for label in large_enough[:TASTES]]


def _by_neighbourhood(bundle: ModelBundle, known: np.ndarray) -> Iterator[tuple[str, list[int]]]:
    """Yield popular tracks, each with the tracks most like it, none of them twice."""
    model = bundle.recommender
    if not isinstance(model, SimilarTracks):
        return
    used: set[int] = set()
    for index in known.tolist():
        if index in used:
            continue
        near = model.similar(index, 4 * TRACKS_PER_TASTE).indices[0].tolist()
        fresh = [other for other in near if other != PAD and other not in used][: TRACKS_PER_TASTE - 1]
        if fresh:
            used.update([index, *near])
            yield f"Like {_artist(bundle, index)}", [index, *fresh]


def _artist(bundle: ModelBundle, index: int) -> str:
    """Return the track's first artist, else its title, else its id."""
    artist = next(iter(bundle.facts.artists.of_track(index).tolist()), None)
    return bundle.facts.artists.shown[artist] if artist is not None else json.loads(bundle.shown[index])["title"]
