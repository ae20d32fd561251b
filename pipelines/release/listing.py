"""Makes a list: what the model ranks, popular tracks where it has nothing to say, and what the listener wished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.recommenders.facts import TrackFacts
from pipelines.recommenders.one_history import History, HistoryRanker, Keep, Question, Ranked, Reasons
from pipelines.recommenders.rerank import POOL, Wishes, allowed, choose

_NONE = np.empty(0, dtype=np.int64)

#: Popular tracks are looked through in slices of this many.
_SLICE = 4_096


@dataclass(frozen=True)
class Lister:
    """Ranks and re-ranks.

    Attributes:
        ranker: Ranks with the model.
        facts: What is known about the tracks.
    """

    ranker: HistoryRanker
    facts: TrackFacts

    def rank(self, history: History, k: int, exclude: np.ndarray | None, wishes: Wishes) -> Ranked:
        """Return the list of one history; ``ModelBundle.rank`` says what is in it.

        Filters are applied before the best are taken, so they do not shorten a list. A limit for each artist takes
        tracks out of a ranked list, so more are ranked until it is full or nothing is left.
        """
        excluded = history.every_track if exclude is None else _with(history, exclude)
        keep = self._keep(wishes)
        if wishes.none:
            return self._filled(self.ranker.rank(history, k, excluded), k, excluded, None)
        reach = max(k, POOL)
        while True:
            found = self.ranker.rank(history, reach, excluded, keep)
            wanted = k if len(found.tracks) and wishes.filters.per_artist is None else reach
            found = self._filled(found, wanted, excluded, keep)
            chosen = choose(self.facts, found.tracks, history.tracks, k, wishes)
            if len(chosen) == k or len(found.tracks) < reach or not wishes.dials.at_rest:
                return Ranked(found.tracks[chosen], found.scores[chosen])
            reach *= 8

    def explained(self, asked: Sequence[Question]) -> list[tuple[Ranked, Reasons]]:
        """Return the lists of several questions without wishes, and the reasons for what the model ranked of them."""
        whole = [each._replace(excluded=_with(each.history, each.excluded)) for each in asked]
        return [
            (self._filled(ranked, each.k, each.excluded, None), why)
            for each, (ranked, why) in zip(whole, self.ranker.explained(whole), strict=True)
        ]

    def _keep(self, wishes: Wishes) -> Keep | None:
        """Return the filters as a function of tracks; None where there are none."""
        if not wishes.filters.narrow:
            return None
        return lambda tracks: allowed(self.facts, tracks, wishes.filters)

    def _filled(self, found: Ranked, wanted: int, excluded: np.ndarray, keep: Keep | None) -> Ranked:
        """Return the list made as long as wanted with popular tracks that are not in it, with the score 0."""
        missing = wanted - len(found.tracks)
        if missing <= 0:
            return found
        taken = np.concatenate([found.tracks, excluded])
        parts = [_NONE]
        for start in range(0, len(self.facts.by_popularity), max(_SLICE, wanted)):
            popular = self.facts.by_popularity[start : start + max(_SLICE, wanted)].astype(np.int64)
            fresh = popular[~np.isin(popular, taken)]
            parts.append(fresh if keep is None else fresh[keep(fresh)])
            if sum(map(len, parts)) >= missing:
                break
        more = np.concatenate(parts)[:missing]
        scores = np.concatenate([found.scores, np.zeros(len(more), dtype=np.float32)])
        return Ranked(np.concatenate([found.tracks, more]), scores)


def _with(history: History, exclude: np.ndarray) -> np.ndarray:
    """Return what must not appear: the history itself never does."""
    return np.concatenate([history.every_track, exclude]) if len(exclude) else history.every_track
