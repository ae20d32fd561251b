"""A model ready to serve, as it is opened: lists, histories, ids, and what is shown of a track.

Whatever is needed to answer a call is an array that is memory mapped: opening a bundle reads none of it, and workers
share it. Whatever is not (users, histories, the catalogue) is read when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse as sp

from pipelines.data.entities import Matches
from pipelines.data.tables import TrackCatalogue
from pipelines.recommenders.base import Recommender
from pipelines.recommenders.facts import TrackFacts
from pipelines.recommenders.one_history import History, Question, Ranked, Reasons
from pipelines.recommenders.rerank import NO_WISHES, Wishes
from pipelines.recommenders.sparse_ranker import ranker_of
from pipelines.release.listing import Lister
from pipelines.release.word_index import WordIndex
from pipelines.sparse import from_triples
from pipelines.texts import Ids, Texts

CATALOGUE: Final = "tracks.parquet"
ALIASES: Final = "aliases.parquet"


@dataclass(frozen=True)
class Reason:
    """Why a track was recommended: one track of the history and its share.

    Attributes:
        track_id: A track of the listener's own history.
        share: Its part of the score, between 0 and 1; negative contributions are left out.
    """

    track_id: str
    share: float


@dataclass(frozen=True)
class Recommendation:
    """One recommended track."""

    track_id: str
    rank: int
    score: float
    reasons: tuple[Reason, ...] = ()


class Read(NamedTuple):
    """A history by index, and the index of each of its ids, -1 where it is unknown."""

    history: History
    indices: np.ndarray


@dataclass(frozen=True)
class ModelBundle:
    """A model ready to serve.

    Attributes:
        path: The folder it was read from.
        manifest: Recommender, configuration, lineage, figures and a checksum for each file.
        recommender: The fitted model.
        tracks: Track ids; index = column of a history.
        facts: What lists are filtered and re-ranked by.
    """

    path: Path
    manifest: Mapping[str, Any]
    recommender: Recommender = field(repr=False)
    tracks: Ids = field(repr=False)
    facts: TrackFacts = field(repr=False)

    @property
    def bundle_id(self) -> str:
        """The bundle's name: a hash of its content."""
        return str(self.manifest["bundle_id"])

    @property
    def listeners(self) -> np.ndarray:
        """How many listeners of the training data have each track."""
        return self.facts.listeners

    @property
    def by_popularity(self) -> np.ndarray:
        """Track indices, the one with most listeners first; equal ones by index."""
        return self.facts.by_popularity

    @cached_property
    def users(self) -> Ids:
        """Ids of the listeners known at training."""
        return Ids.load(self._group("users"), "ids")

    @cached_property
    def histories(self) -> sp.csr_array:
        """The histories of the listeners known at training, listeners x tracks."""
        parts = self._group("histories")
        shape = (self.manifest["n_users"], self.manifest["n_tracks"])
        return sp.csr_array((parts["data"], parts["indices"], parts["indptr"]), shape=shape)

    @cached_property
    def catalogue(self) -> TrackCatalogue:
        """Everything known about the tracks, one row a track, in the order of ``tracks``."""
        return TrackCatalogue(pq.read_table(self.path / CATALOGUE))

    @cached_property
    def aliases(self) -> Mapping[str, str]:
        """Other ids of tracks, and the id in ``tracks`` that each stands for."""
        return Matches(pq.read_table(self.path / ALIASES)).aliases

    @cached_property
    def shown(self) -> Texts:
        """What is shown of each track, as JSON."""
        return Texts.load(self._group("shown"), "json")

    @cached_property
    def words(self) -> WordIndex:
        """What titles and artists are found by."""
        return WordIndex.load(self._group("words"))

    @cached_property
    def lister(self) -> Lister:
        """Makes the lists."""
        return Lister(ranker_of(self.recommender), self.facts)

    @cached_property
    def _other_ids(self) -> tuple[Ids, np.ndarray]:
        arrays = self._group("aliases")
        return Ids.load(arrays, "ids"), arrays["tracks"]

    def index(self, track_id: str) -> int:
        """Return the index of a track by any of its ids; -1 where it is not known."""
        found = self.tracks.index(track_id)
        if found < 0:
            others, tracks = self._other_ids
            other = others.index(track_id)
            return int(tracks[other]) if other >= 0 else -1
        return found

    def indices(self, ids: Iterable[str]) -> np.ndarray:
        """Return the index of each track, by any of its ids; -1 where it is not known."""
        wanted = list(ids)
        found = self.tracks.indices(wanted)
        if len(found) and found.min() < 0:
            for place in np.flatnonzero(found < 0).tolist():
                found[place] = self.index(wanted[place])
        return found

    def known_history(self, user_id: str) -> dict[str, float] | None:
        """Return a known listener's history (track id -> strength in plays), or None."""
        row = self.users.index(user_id)
        if row < 0:
            return None
        start, end = self.histories.indptr[row : row + 2]
        ids = [self.tracks[track] for track in self.histories.indices[start:end].tolist()]
        return dict(zip(ids, self.histories.data[start:end].astype(float).tolist(), strict=True))

    def history(self, weights: Mapping[str, float]) -> History:
        """Return a history by index; unknown tracks and weights that are not positive numbers are left out.

        The weights of a track that stands in a history by several of its ids are added up.
        """
        return self.histories_of([weights])[0].history

    def histories_of(self, several: Sequence[Mapping[str, float]]) -> list[Read]:
        """Return each of several histories as ``history`` does, all at once, and where its ids were found."""
        starts = [0, *accumulate(map(len, several))]
        index = self.indices(chain.from_iterable(several))
        weight = np.fromiter(chain.from_iterable(each.values() for each in several), np.float32, len(index))
        width = len(self.tracks)
        place = index + np.repeat(np.arange(len(several)) * width, np.diff(starts))  # of a track in its own history
        keep = (index >= 0) & (weight > 0) & (weight < np.inf)
        place, plays = place[keep], weight[keep]
        order = place.argsort(kind="stable")
        place, plays = place[order], plays[order]
        again = place[1:] == place[:-1]
        if again.any():
            first = np.flatnonzero(np.concatenate([[True], ~again]))
            place, plays = place[first], np.add.reduceat(plays, first)
        cuts = place.searchsorted(np.arange(len(several) + 1) * width).tolist()
        return [
            Read(History(place[begin:end] - number * width, plays[begin:end]), index[start:stop])
            for number, ((begin, end), (start, stop)) in enumerate(zip(pairwise(cuts), pairwise(starts), strict=True))
        ]

    def encode(self, histories: Sequence[Mapping[str, float]]) -> sp.csr_array:
        """Return histories x tracks, each as ``history`` reads it."""
        tracks = self.indices(chain.from_iterable(histories))
        plays = np.fromiter(chain.from_iterable(each.values() for each in histories), np.float32, len(tracks))
        rows = np.repeat(np.arange(len(histories)), [len(each) for each in histories])
        keep = (tracks >= 0) & np.isfinite(plays) & (plays > 0)
        return from_triples(plays[keep], rows[keep], tracks[keep], (len(histories), len(self.tracks)))

    def rank(self, history: History, k: int, exclude: np.ndarray | None = None, wishes: Wishes = NO_WISHES) -> Ranked:
        """Rank the catalogue for one history, by index.

        A score of exactly 0 says that the model knows nothing for or against a track. Such places (all of them where
        the history is empty) go to the tracks most listeners have instead, with the score 0 and no reasons.

        Args:
            history: The listener.
            k: The length of the list; it is shorter only where fewer tracks are allowed.
            exclude: Track indices that must not appear; the history itself never appears.
            wishes: Filters and dials; none for the model's own list.
        """
        return self.lister.rank(history, k, exclude, wishes)

    def explained(self, asked: Sequence[Question]) -> list[tuple[Ranked, Reasons]]:
        """Return what ``rank`` and ``why`` give for each of some questions without wishes, all at once."""
        return self.lister.explained(asked)

    def why(self, history: History, tracks: np.ndarray, n: int) -> Reasons:
        """Return the ``n`` tracks of a history that add most to the score of each track, with their exact shares."""
        return self.lister.ranker.reasons(history, tracks, n)

    def recommend(
        self,
        histories: Sequence[Mapping[str, float]],
        k: int,
        *,
        exclude: Sequence[Iterable[str]] | None = None,
        reasons: int = 0,
        wishes: Wishes = NO_WISHES,
    ) -> list[list[Recommendation]]:
        """Rank the catalogue for each history, as ``rank`` does, by id.

        Args:
            histories: Track id -> weight (plays), one mapping a listener.
            k: The length of each list.
            exclude: Track ids that must not appear, one iterable a history; the history itself never appears.
            reasons: How many tracks of the history to name as the cause of each recommendation.
            wishes: Filters and dials; none for the model's own lists.

        Returns:
            One list a history, best first; shorter than ``k`` only where fewer tracks are allowed.
        """
        left_out = exclude if exclude is not None else [()] * len(histories)
        return [
            self._recommend(self.history(history), k, self.indices(ids), reasons, wishes)
            for history, ids in zip(histories, left_out, strict=True)
        ]

    def _recommend(
        self, history: History, k: int, exclude: np.ndarray, reasons: int, wishes: Wishes
    ) -> list[Recommendation]:
        ranked = self.rank(history, k, exclude[exclude >= 0], wishes)
        because: dict[int, list[Reason]] = {}
        if reasons:
            for place, track, share in zip(*self.why(history, ranked.tracks, reasons), strict=True):
                because.setdefault(int(place), []).append(Reason(self.tracks[int(track)], float(share)))
        return [
            Recommendation(self.tracks[track], place + 1, score, tuple(because.get(place, ())) if score else ())
            for place, (track, score) in enumerate(zip(ranked.tracks.tolist(), ranked.scores.tolist(), strict=True))
        ]

    def _group(self, group: str) -> dict[str, np.ndarray]:
        return arrays_of(self.path, group)


def arrays_of(path: Path, group: str) -> dict[str, np.ndarray]:
    """Return the arrays of one group by their names in it."""
    return {file.name.split(".")[1]: array_of(file) for file in path.glob(f"{group}.*.npy")}


def array_of(file: Path) -> np.ndarray:
    """Open one array; it is read where it is looked at."""
    array: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
    return np.asarray(array)  # a plain view: indexing a memory map's own class costs more than the reading
