"""The engine: what the service can do, as pure functions of one loaded bundle. Nothing here knows about HTTP.

A list is exactly what ``ModelBundle.recommend`` gives, which is also what the batch command and the MLflow model use.
The engine speaks of tracks by index; ``serving.encoding`` makes answers of what it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from pipelines.errors import NotSupportedError, UnknownIdError
from pipelines.recommenders.base import Contribution, Explains, SimilarTracks
from pipelines.recommenders.one_history import Disliked, History, Question, Ranked, Reasons
from pipelines.recommenders.ranking import PAD
from pipelines.recommenders.rerank import NO_WISHES, Wishes
from pipelines.release.bundle import ModelBundle
from serving.display import Display
from serving.schemas import Taste, Track
from serving.search import Search
from serving.tastes import find_tastes

NOTHING_DISLIKED: Mapping[str, float] = MappingProxyType({})
_NOTHING = np.empty(0, np.int64)
_NO_REASONS = Reasons(_NOTHING, _NOTHING, np.empty(0, np.float64))


class ListQuestion(NamedTuple):
    """What a list is wanted for.

    Attributes:
        history: Track id -> weight (plays); empty for what most listeners play.
        k: Length of the list.
        exclude: Track ids that must not appear.
        reasons: How many reasons to give for each track.
        wishes: Filters and dials; none for the model's own list.
        against: Track id -> weight of what they dislike, whose like is pushed down; it stands in no list.
    """

    history: Mapping[str, float]
    k: int
    exclude: Collection[str] = ()
    reasons: int = 3
    wishes: Wishes = NO_WISHES
    against: Mapping[str, float] = NOTHING_DISLIKED


class RankedList(NamedTuple):
    """A list of recommendations and what it rests on.

    Attributes:
        basis: "popularity" where no track of the history is known.
        tracks: Track indices, best first.
        scores: Their scores; 0 where the model knows nothing and the track is here because it is popular.
        reasons: Why, strongest first.
        unknown_tracks: Ids in the history that the model does not know.
    """

    basis: Literal["history", "popularity"]
    tracks: list[int]
    scores: list[float]
    reasons: Reasons
    unknown_tracks: list[str]


class Found(NamedTuple):
    """Tracks by index, best first, and their scores."""

    tracks: list[int]
    scores: list[float]


class Explanation(NamedTuple):
    """A score taken apart.

    Attributes:
        track: Index of the track.
        score: Its score: the sum of the amounts.
        tracks: Indices of the history's tracks that add something, largest amount first, then those that
            are disliked.
        amounts: What each adds.
        shares: Its part of all that speaks for the track; 0 if it speaks against.
        unknown_tracks: Ids in the history that the model does not know.
    """

    track: int
    score: float
    tracks: list[int]
    amounts: list[float]
    shares: list[float]
    unknown_tracks: list[str]


class Engine:
    """Answers questions from one bundle; it keeps nothing between calls."""

    def __init__(self, bundle: ModelBundle) -> None:
        self.bundle = bundle
        self.display = Display(bundle.shown)
        self._search = Search(bundle.words, bundle.by_popularity)

    @property
    def version(self) -> str:
        """The id of the bundle."""
        return self.bundle.bundle_id

    def history_of(self, user_id: str) -> dict[str, float]:
        """Return a known listener's history.

        Raises:
            UnknownIdError: The model was not trained on this listener.
        """
        history = self.bundle.known_history(user_id)
        if history is None:
            raise UnknownIdError(
                f"the model does not know the listener '{user_id}'", remedy="Send a 'history' instead of a 'user_id'"
            )
        return history

    def recommend(
        self,
        history: Mapping[str, float],
        k: int,
        *,
        exclude: Collection[str] = (),
        reasons: int = 3,
        wishes: Wishes = NO_WISHES,
    ) -> RankedList:
        """Rank the catalogue for one history; ``ListQuestion`` says what the arguments are."""
        return self.lists([ListQuestion(history, k, exclude, reasons, wishes)])[0]

    def lists(self, asked: Sequence[ListQuestion]) -> list[RankedList]:
        """Rank the catalogue for several histories; tracks the model does not know are reported and ignored."""
        read = self.bundle.histories_of([each.history for each in asked])
        questions = [self._question(each, known.history) for each, known in zip(asked, read, strict=True)]
        plain = [place for place, each in enumerate(asked) if each.wishes.none]
        found = dict(zip(plain, self.bundle.explained([questions[place] for place in plain]), strict=True))
        return [
            _ranked_list(
                question,
                *(found.get(place) or self._wished(question, each.wishes)),
                _unknown(each.history, known.indices),
            )
            for place, (each, known, question) in enumerate(zip(asked, read, questions, strict=True))
        ]

    def _question(self, asked: ListQuestion, known: History) -> Question:
        excluded = self.bundle.indices(asked.exclude) if asked.exclude else _NOTHING
        if asked.against:
            disliked = self.bundle.history(asked.against)
            known = known._replace(against=Disliked(disliked.tracks, disliked.plays))
        return Question(known, asked.k, excluded[excluded >= 0], asked.reasons)

    def _wished(self, asked: Question, wishes: Wishes) -> tuple[Ranked, Reasons]:
        ranked = self.bundle.rank(asked.history, asked.k, asked.excluded, wishes)
        explains = asked.reasons and len(asked.history.tracks)
        return ranked, self.bundle.why(asked.history, ranked.tracks, asked.reasons) if explains else _NO_REASONS

    def similar(self, track_id: str, k: int) -> tuple[int, Found]:
        """Return a track's index and the ``k`` tracks most like it.

        Raises:
            UnknownIdError: The model does not know the track.
            NotSupportedError: The model cannot tell which tracks are alike.
        """
        index = self._index(track_id)
        if not isinstance(self.bundle.recommender, SimilarTracks):
            title = self.bundle.recommender.title
            raise NotSupportedError(
                f"the model served now ({title}) cannot tell which tracks are alike",
                remedy="Ask for recommendations, or promote a model that can",
            )
        found = self.bundle.recommender.similar(index, k)
        there = found.indices[0] != PAD
        return index, Found(found.indices[0][there].tolist(), found.scores[0][there].tolist())

    def explain(
        self, history: Mapping[str, float], track_id: str, against: Mapping[str, float] = NOTHING_DISLIKED
    ) -> Explanation:
        """Take the score of one track apart into the parts of the history's tracks; the amounts sum to the score.

        What is disliked takes what it would add if it were all that was played.

        Raises:
            UnknownIdError: The model does not know the track.
            NotSupportedError: The model cannot explain its scores.
        """
        index = self._index(track_id)
        model = self.bundle.recommender
        if not isinstance(model, Explains):
            raise NotSupportedError(
                f"the model served now ({model.title}) cannot explain its scores",
                remedy="Promote a model that can, such as SLIM-ridge",
            )
        parts = model.contributions(self.bundle.encode([history]), index)
        for track, weight in against.items():
            taken = model.contributions(self.bundle.encode([{track: weight}]), index)
            parts += [Contribution(part.track, -part.amount) for part in taken if part.amount > 0]
        amounts = [part.amount for part in parts]
        speaking_for = sum(amount for amount in amounts if amount > 0)
        shares = [amount / speaking_for if amount > 0 else 0.0 for amount in amounts]
        unknown = _unknown(history, self.bundle.indices(history))
        return Explanation(index, float(sum(amounts)), [part.track for part in parts], amounts, shares, unknown)

    def shown(self, track_id: str) -> Track | None:
        """Return what is shown of a track; None where the model does not know it."""
        index = self.bundle.index(track_id)
        return self.display.track(index) if index >= 0 else None

    def search(self, query: str, k: int) -> list[int]:
        """Return the tracks whose title and artists match, best match first, then the most popular."""
        found: list[int] = self._search.search(query, k).tolist()
        return found

    @cached_property
    def tastes(self) -> list[Taste]:
        """A few ready-made tastes to try."""
        found = find_tastes(self.bundle)
        shown = self.display.tracks(index for _, indices in found for index in indices)
        return [Taste(name=name, tracks=[shown[index] for index in indices]) for name, indices in found]

    def card(self) -> dict[str, Any]:
        """Return the model card: name, size, hyper-parameters, lineage and figures."""
        manifest = self.bundle.manifest
        return {
            "name": manifest["recommender"],
            "title": manifest["title"],
            "tracks": manifest["n_tracks"],
            "listeners": manifest["n_users"],
            "config": manifest["config"],
            "lineage": manifest["lineage"],
            "figures": manifest["figures"],
        }

    def _index(self, track_id: str) -> int:
        index = self.bundle.index(track_id)
        if index < 0:
            raise UnknownIdError(
                f"the model does not know the track '{track_id}'", remedy="Find track ids with /v1/search"
            )
        return index


def _ranked_list(asked: Question, ranked: Ranked, why: Reasons, unknown: list[str]) -> RankedList:
    return RankedList(
        "history" if len(asked.history.tracks) else "popularity",
        ranked.tracks.tolist(),
        ranked.scores.tolist(),
        _of_ranked(why, ranked.scores),
        unknown,
    )


def _unknown(history: Mapping[str, float], indices: np.ndarray) -> list[str]:
    """Return the ids of a history that were not found."""
    if not len(indices) or indices.min() >= 0:
        return []
    return [track_id for track_id, index in zip(history, indices.tolist(), strict=True) if index < 0]


def _of_ranked(why: Reasons, scores: np.ndarray) -> Reasons:
    """Return the reasons of the tracks that the model ranked: popular tracks have none, whatever speaks for them."""
    if scores.all():
        return why
    ranked = scores[why.places] != 0
    return Reasons(*(part[ranked] for part in why))
