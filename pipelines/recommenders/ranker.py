"""Ranker: two stages. The parts of a blend name candidates, boosted trees order them.

LambdaMART (Burges 2010, "From RankNet to LambdaRank to LambdaMART"), fitted with LightGBM (Ke et al. 2017) on listeners
whom the parts have not seen. The trees start from the blend's scores and have to earn their place: where they do not
clearly help, as with few listeners, there are none, and the ranker orders as the blend does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import CandidateList, Recommender, RecommenderConfig, TrainingData
from pipelines.recommenders.blend import Blend, BlendConfig
from pipelines.recommenders.listwise import mean_of_each, ndcg_of_lists
from pipelines.recommenders.ranking_features import TrackFacts, ranking_features
from pipelines.recommenders.significance import significantly_better
from pipelines.recommenders.stacking import Examples, candidates, examples_of
from pipelines.recommenders.trees import Trees
from pipelines.sparse import row_of_each

#: What the trees are not asked about: fixed, so that the same data give the same trees on every machine.
_LIGHTGBM: dict[str, Any] = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 20,
    "label_gain": [0, 1],
    "use_missing": False,
    "feature_fraction": 0.5,
    "deterministic": True,
    "force_row_wise": True,
    # Folds run beside each other already, and threads that wait for each other are slower than one.
    "num_threads": 1,
    "verbosity": -1,
}


class RankerConfig(BlendConfig):
    """Hyper-parameters of the ranker.

    Attributes:
        divisions: As in every ensemble; trees have more to learn from lists than a few weights have.
        trees: The most trees; half of them and none are tried as well.
        learning_rate: What a tree counts.
        leaves: The most leaves of a tree.
        least: The fewest entries a leaf may hold.
        shrinkage: L2 regularisation of the leaves.
    """

    divisions: int = Field(default=3, ge=1)
    trees: int = Field(default=60, ge=2)
    learning_rate: float = Field(default=0.08, gt=0, le=1)
    leaves: int = Field(default=15, ge=2)
    least: int = Field(default=50, ge=1)
    shrinkage: float = Field(default=10.0, ge=0)


@dataclass(frozen=True)
class _Lesson:
    """A group's lists as the trees see them: features, finds, where lists begin, the blend's scores, whose lists."""

    features: np.ndarray
    relevant: np.ndarray
    starts: np.ndarray
    base: np.ndarray
    owners: np.ndarray


class Ranker(Recommender):
    """The best tracks of several recommenders, put in order by boosted trees; the others follow as the blend has them.

    Scores order a list and have no unit: candidates stand between 1 and 2, other tracks below.
    """

    name: ClassVar[str] = "ranker"
    title: ClassVar[str] = "Ranker (LambdaMART)"
    config_type: ClassVar[type[RecommenderConfig]] = RankerConfig
    config: RankerConfig
    scores_cold_tracks: ClassVar[bool] = True

    def __init__(self, config: RecommenderConfig | None = None) -> None:
        super().__init__(config)
        self._blend = self._new_blend()

    @property
    def n_tracks(self) -> int:
        """Size of the catalogue."""
        return self._blend.n_tracks

    def fit(self, data: TrainingData) -> Self:
        """Learn weights and trees on listeners held apart, then fit every part on everybody."""
        examples = examples_of(data, self.config)
        blend = self._new_blend().fit_from(examples, data)
        trees = self._grow([_lesson(found, blend.weights) for found in examples])
        return self.load({**blend.arrays(), **trees.arrays(), **TrackFacts.of(data).arrays()})

    def load(self, arrays: Mapping[str, np.ndarray]) -> Self:
        """Take over the blend's arrays, the trees and what is known of the tracks."""
        self._blend = self._new_blend().load(arrays)
        self._trees, self._facts = Trees.load(arrays), TrackFacts.load(arrays)
        return super().load(arrays)

    def score(self, histories: sp.csr_array) -> np.ndarray:
        """Return scores that order the tracks; an empty history scores 0 everywhere."""
        self.arrays()
        scores = [values / unit for values, unit in self._blend.parts.scores(histories)]
        blended = _weighted(scores, self._blend.weights)
        entries = candidates(scores, histories, self.config.depth)
        rows, tracks = row_of_each(entries), entries.indices
        features = ranking_features(entries, histories, [values[rows, tracks] for values in scores], self._facts)
        margins = blended[rows, tracks] + self._trees.predict(features)
        ordered = np.where(blended > 0, _squashed(blended), blended)
        ordered[rows, tracks] = 1.5 + 0.5 * _squashed(margins)
        return ordered.astype(np.float32)

    def similar(self, track: int, k: int) -> CandidateList:
        """Return what the blend recommends to somebody who plays ``track`` and nothing else."""
        return self._blend.similar(track, k)

    def _new_blend(self) -> Blend:
        return Blend(BlendConfig(**self.config.model_dump(include=set(BlendConfig.model_fields))))

    def _grow(self, lessons: Sequence[_Lesson]) -> Trees:
        """Fit the trees: as many as did best on groups they had not seen, none where none clearly helps."""
        n_trees = self._how_many(lessons) if len(lessons) > 1 else 0
        return Trees.of(self._boosted(lessons).dump_model() if n_trees else {"tree_info": []}, n_trees)

    def _how_many(self, lessons: Sequence[_Lesson]) -> int:
        """Return the number of trees with the highest nDCG@10 on groups held apart from the trees."""
        tried = (0, self.config.trees // 2, self.config.trees)
        found: dict[int, list[np.ndarray]] = {n: [] for n in tried}
        for position, lesson in enumerate(lessons):
            booster = self._boosted([*lessons[:position], *lessons[position + 1 :]])
            for n in tried:
                added = booster.predict(lesson.features, num_iteration=n) if n else 0.0
                of_lists = ndcg_of_lists(lesson.base + added, lesson.relevant, lesson.starts)
                # A listener counts once: lists of the same one are no further evidence.
                found[n].append(mean_of_each(of_lists, lesson.owners))
        values = {n: np.concatenate(parts) for n, parts in found.items()}
        best = max(tried, key=lambda n: np.nansum(values[n]))
        return best if significantly_better(values[best], values[0]) else 0

    def _boosted(self, lessons: Sequence[_Lesson]) -> Any:
        """Fit the most trees on some groups."""
        # A served bundle must not import LightGBM.
        import lightgbm

        lengths = [np.diff(lesson.starts, append=len(lesson.relevant)) for lesson in lessons]
        entries = lightgbm.Dataset(
            np.concatenate([lesson.features for lesson in lessons]),
            np.concatenate([lesson.relevant for lesson in lessons]).astype(np.int8),
            group=np.concatenate(lengths),
            init_score=np.concatenate([lesson.base for lesson in lessons]),
        )
        settings = _LIGHTGBM | {
            "learning_rate": self.config.learning_rate,
            "num_leaves": self.config.leaves,
            "min_data_in_leaf": self.config.least,
            "lambda_l2": self.config.shrinkage,
            "seed": self.config.seed,
        }
        return lightgbm.train(settings, entries, num_boost_round=self.config.trees)


def _lesson(examples: Examples, weights: np.ndarray) -> _Lesson:
    facts = TrackFacts.of(examples.training)
    features = ranking_features(examples.entries, examples.given, examples.scores, facts)
    lists = examples.lists
    return _Lesson(features, examples.relevant, lists.starts, lists.features @ weights, examples.owners)


def _weighted(scores: Sequence[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Return the blend of scores that are in units of their lists, float64."""
    total = np.zeros(scores[0].shape)
    for weight, values in zip(weights, scores, strict=True):
        total += weight * values
    return total


def _squashed(values: np.ndarray) -> np.ndarray:
    """Return x / (1 + |x|): the same order, between -1 and 1."""
    squashed: np.ndarray = values / (1.0 + np.abs(values))
    return squashed
