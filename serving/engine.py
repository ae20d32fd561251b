"""The engine: what the service can do, as pure functions of one loaded bundle. Nothing here knows about HTTP.

A list is exactly what ``ModelBundle.recommend`` gives, which is also what the batch command and the MLflow model use.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

from pipelines.errors import NotSupportedError, UnknownIdError
from pipelines.recommenders.base import Explains, SimilarTracks
from pipelines.recommenders.ranking import PAD
from pipelines.release.bundle import ModelBundle, Recommendation
from serving.display import Display
from serving.schemas import Because, Contribution, Recommended, Similar, Taste, Track
from serving.search import SearchIndex
from serving.tastes import find_tastes


class RankedList(NamedTuple):
    """A list of recommendations and what it rests on."""

    basis: Literal["history", "popularity"]
    recommendations: list[Recommended]
    unknown_tracks: list[str]


class Explanation(NamedTuple):
    """A score taken apart."""

    track: Track
    score: float
    contributions: list[Contribution]
    unknown_tracks: list[str]


class Engine:
    """Answers questions from one bundle; it keeps nothing between calls."""

    def __init__(self, bundle: ModelBundle) -> None:
        self.bundle = bundle
        self._display = Display(bundle.catalogue)
        self._search = SearchIndex.build(bundle.catalogue, bundle.by_popularity)

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
        self, history: Mapping[str, float], k: int, *, exclude: Iterable[str] = (), reasons: int = 3
    ) -> RankedList:
        """Rank the catalogue for one history; tracks the model does not know are reported and ignored.

        Args:
            history: Track id -> weight (plays); empty for what most listeners play.
            k: Length of the list.
            exclude: Track ids that must not appear.
            reasons: How many reasons to give for each track.
        """
        unknown = self._unknown(history)
        found = self.bundle.recommend([history], k, exclude=[exclude], reasons=reasons)[0]
        basis: Literal["history", "popularity"] = "history" if len(unknown) < len(history) else "popularity"
        return RankedList(basis, self._shown(found), unknown)

    def similar(self, track_id: str, k: int) -> tuple[Track, list[Similar]]:
        """Return a track and the ``k`` tracks most like it.

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
        ranked = [(int(i), float(s)) for i, s in zip(found.indices[0], found.scores[0], strict=True) if i != PAD]
        shown = self._display.tracks([index, *(i for i, _ in ranked)])
        return shown[index], [Similar(rank=r, score=s, track=shown[i]) for r, (i, s) in enumerate(ranked, start=1)]

    def explain(self, history: Mapping[str, float], track_id: str) -> Explanation:
        """Take the score of one track apart into the parts of the history's tracks; the amounts sum to the score.

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
        speaking_for = sum(part.amount for part in parts if part.amount > 0)
        shown = self._display.tracks([index, *(part.track for part in parts)])
        contributions = [
            Contribution(
                track=shown[part.track],
                amount=part.amount,
                share=part.amount / speaking_for if part.amount > 0 else 0.0,
            )
            for part in parts
        ]
        score = sum(part.amount for part in parts)
        return Explanation(shown[index], score, contributions, self._unknown(history))

    def search(self, query: str, k: int) -> list[Track]:
        """Return the tracks whose title and artists match, best match first, then the most popular."""
        found = self._search.search(query, k).tolist()
        shown = self._display.tracks(found)
        return [shown[index] for index in found]

    @cached_property
    def tastes(self) -> list[Taste]:
        """A few ready-made tastes to try."""
        found = find_tastes(self.bundle)
        shown = self._display.tracks(index for _, indices in found for index in indices)
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
        index = int(self.bundle.indices([track_id])[0])
        if index < 0:
            raise UnknownIdError(
                f"the model does not know the track '{track_id}'", remedy="Find track ids with /v1/search"
            )
        return index

    def _unknown(self, history: Mapping[str, float]) -> list[str]:
        indices = self.bundle.indices(history.keys())
        return [track_id for track_id, index in zip(history, indices, strict=True) if index < 0]

    def _shown(self, found: list[Recommendation]) -> list[Recommended]:
        """Add to each recommendation and each reason what a person sees of the track."""
        ids = list({i for entry in found for i in (entry.track_id, *(reason.track_id for reason in entry.reasons))})
        index_of = dict(zip(ids, self.bundle.indices(ids).tolist(), strict=True))
        shown = self._display.tracks(index_of.values())
        return [
            Recommended(
                rank=entry.rank,
                score=entry.score,
                track=shown[index_of[entry.track_id]],
                because=[Because(track=shown[index_of[r.track_id]], share=r.share) for r in entry.reasons],
            )
            for entry in found
        ]
