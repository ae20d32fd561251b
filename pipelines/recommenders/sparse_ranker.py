"""Lists for single histories from an item-item model, fast: only the tracks a history speaks for are ever touched.

The list is the one ``Recommender.recommend`` gives, to the last bit: the same products are added up in the same order.
A history of 50 tracks with 50 neighbours each touches 2,500 numbers, whatever the size of the catalogue.

Several questions are answered step by step, each step for all of them: for one history alone, most of the time would go
into the beginning and the end of forty short loops.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from threading import local
from typing import NamedTuple

import numpy as np

from pipelines.recommenders.base import Recommender
from pipelines.recommenders.item_item import ItemItemModel
from pipelines.recommenders.one_history import (
    DenseRanker,
    History,
    HistoryRanker,
    Keep,
    Question,
    Ranked,
    Reasons,
    shares_of,
)
from pipelines.recommenders.weighting import strengths
from pipelines.sparse import Rows, take_rows

#: The last twelve bits of a track's number, by which entries are sorted out.
_ENDS = 0xFFF


def ranker_of(model: Recommender) -> HistoryRanker:
    """Return the fastest way to rank with a model."""
    plain = isinstance(model, ItemItemModel) and all(
        getattr(type(model), name) is getattr(ItemItemModel, name) for name in ("score", "contributions")
    )
    return SparseRanker(model) if isinstance(model, ItemItemModel) and plain else DenseRanker(model)


class SparseRanker:
    """Ranks with an item-item model by adding up rows of its matrix, without a score for every track.

    Args:
        model: A fitted model.
    """

    def __init__(self, model: ItemItemModel) -> None:
        self._weights = model.weights
        self._weighting = model.config.weighting
        self._threads = local()

    def rank(self, history: History, k: int, excluded: np.ndarray, keep: Keep | None = None) -> Ranked:
        """Return the best ``k`` tracks the history speaks for."""
        rows, factors = self._parts([history])
        tracks, scores = self._scores(rows, factors, excluded)
        if keep is not None:
            tracks, first = np.unique(tracks[scores > 0], return_index=True)
            kept = keep(tracks)
            tracks, scores = tracks[kept], scores[scores > 0][first[kept]]
        return _first_of_each([_candidates(tracks, scores, k)], [k])[0]

    def reasons(self, history: History, tracks: np.ndarray, n: int) -> Reasons:
        """Return what adds most to each score, all tracks at once."""
        rows, factors = self._parts([history])
        entries, places = _named(rows.columns, [len(rows.columns)], [tracks], self._weights.shape[1])
        listed = _Listed(history.every_track, len(tracks), np.full(len(tracks), n))
        return _reasons(rows, factors, entries, places, listed)

    def explained(self, asked: Sequence[Question]) -> list[tuple[Ranked, Reasons]]:
        """Return the best tracks of several histories, and what speaks for them."""
        if not asked:
            return []
        rows, factors = self._parts([each.history for each in asked])
        starts = [0, *accumulate(len(each.history.every_track) for each in asked)]
        candidates = [
            _candidates(*self._scores(rows.part(start, stop), factors[start:stop], each.excluded), each.k)
            for each, (start, stop) in zip(asked, pairwise(starts), strict=True)
        ]
        lists = _first_of_each(candidates, [each.k for each in asked])
        sizes = np.diff(rows.starts[starts])
        counts = [len(each.tracks) for each in lists]
        entries, places = _named(rows.columns, sizes, [each.tracks for each in lists], self._weights.shape[1])
        own = np.concatenate([each.history.every_track for each in asked])
        listed = _Listed(own, sum(counts), np.repeat([each.reasons for each in asked], counts))
        why = _reasons(rows, factors, entries, places, listed)
        return list(zip(lists, _divided(why, counts), strict=True))

    def _parts(self, histories: Sequence[History]) -> tuple[Rows, np.ndarray]:
        """Return the rows of the histories' tracks, one history after the other, and how much each counts."""
        rows = take_rows(self._weights, np.concatenate([each.every_track for each in histories]))
        plays = [part for each in histories for part in (each.plays, each.against.plays)]
        factors = strengths(np.concatenate(plays), self._weighting)
        if any(len(each.against.tracks) for each in histories):
            against = np.repeat([False, True] * len(histories), list(map(len, plays)))
            lending = np.repeat(against, np.diff(rows.starts)) & (rows.values < 0)
            rows, factors = (
                rows._replace(values=np.where(lending, 0, rows.values)),
                np.where(against, -factors, factors),
            )
        return rows, factors

    def _scores(self, rows: Rows, factors: np.ndarray, excluded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the track of each entry and the score of that track; below everything for what must not appear."""
        sums: np.ndarray | None = getattr(self._threads, "sums", None)  # a place for each track, 0 between calls
        if sums is None:
            sums = self._threads.sums = np.zeros(self._weights.shape[1], np.float32)
        tracks = rows.columns.astype(np.int64)  # what NumPy indexes with
        try:
            rows.add_to(sums, factors)
            sums[excluded] = -np.inf
            return tracks, sums.take(tracks)
        finally:  # whatever went wrong, the next list begins with zeros
            sums[tracks] = 0
            sums[excluded] = 0


def _candidates(tracks: np.ndarray, scores: np.ndarray, k: int) -> Ranked:
    """Return entries with a score above 0 among which the best ``k`` tracks are, in any order.

    Args:
        tracks: May name a track several times, with the same score each time.
        scores: Their scores.
        k: So many different tracks, or all there are.
    """
    reach = 2 * k
    while True:
        whole = reach >= len(scores)
        least = 0.0 if whole else np.partition(scores, len(scores) - reach)[len(scores) - reach]
        enough = (scores >= least if least > 0 else scores > 0).nonzero()[0]
        found = tracks[enough]
        if whole or least <= 0 or len(set(found.tolist())) >= k:
            return Ranked(found, scores[enough])
        reach *= 4


def _first_of_each(several: Sequence[Ranked], ks: Sequence[int]) -> list[Ranked]:
    """Return the best of each of some lists, every track once; equal scores in the order of the tracks."""
    tracks = np.concatenate([each.tracks for each in several])
    scores = np.concatenate([each.scores for each in several])
    whose = np.repeat(np.arange(len(several)), [len(each.tracks) for each in several])
    order = np.lexsort((tracks, -scores, whose))
    tracks, scores, whose = tracks[order], scores[order], whose[order]
    once = np.ones(len(tracks), dtype=bool)
    np.logical_or(tracks[1:] != tracks[:-1], whose[1:] != whose[:-1], out=once[1:])
    tracks, scores, whose = tracks[once], scores[once], whose[once]
    cuts = whose.searchsorted(np.arange(len(several) + 1)).tolist()
    ends = [min(stop, start + k) for (start, stop), k in zip(pairwise(cuts), ks, strict=True)]
    return [Ranked(tracks[start:end], scores[start:end]) for start, end in zip(cuts, ends, strict=False)]


def _named(
    columns: np.ndarray, sizes: Sequence[int] | np.ndarray, lists: Sequence[np.ndarray], n_tracks: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which entries stand for a track of their history's list, and the place of that track in all lists.

    A small table of the ends of the tracks' numbers sorts out most of the others: one with a place for each track of
    the catalogue would drive everything else from the processor's cache.

    Args:
        columns: The track of each entry, one history after the other.
        sizes: How many entries each history has.
        lists: The tracks of each history's list, each once.
        n_tracks: Size of the catalogue.
    """
    tracks, numbers = np.concatenate(lists), np.arange(len(lists))
    listed, owner = np.repeat(numbers, list(map(len, lists))), np.repeat(numbers, sizes)
    table = np.zeros(len(lists) * (_ENDS + 1), dtype=bool)
    table[(tracks & _ENDS) + listed * (_ENDS + 1)] = True
    likely = table.take((columns & _ENDS) + owner * (_ENDS + 1)).nonzero()[0]
    sought, named = columns[likely] + owner[likely] * n_tracks, tracks + listed * n_tracks
    order = named.argsort()
    found = order.take(named.searchsorted(sought, sorter=order), mode="clip") if len(named) else likely[:0]
    same = named[found] == sought if len(named) else np.zeros(0, dtype=bool)
    return likely[same], found[same]


class _Listed(NamedTuple):
    """The lists that are to be explained, one after the other.

    Attributes:
        own: The history's track of each row.
        places: How many tracks are listed.
        n: How many reasons to give for each of them.
    """

    own: np.ndarray
    places: int
    n: np.ndarray


def _reasons(rows: Rows, factors: np.ndarray, entries: np.ndarray, places: np.ndarray, listed: _Listed) -> Reasons:
    """Return what adds most to the score at each place, where some entries speak for it."""
    owners = rows.row_of(entries)
    amounts = rows.values[entries] * factors[owners]
    order = np.lexsort((owners, -amounts, places))
    order = order[amounts[order] > 0]
    places = places[order]
    tracks, amounts = listed.own[owners[order]], amounts[order].astype(float)
    return shares_of(places, tracks, amounts, listed.places, listed.n[places])


def _divided(why: Reasons, counts: Sequence[int]) -> list[Reasons]:
    """Return the reasons of each of some lists that stand one after the other, with places of their own."""
    starts = [0, *accumulate(counts)]
    cuts = why.places.searchsorted(starts).tolist()
    return [
        Reasons(why.places[first:end] - start, why.tracks[first:end], why.shares[first:end])
        for start, (first, end) in zip(starts, pairwise(cuts), strict=False)
    ]
