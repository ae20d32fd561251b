"""Tracks nobody in training has played: a tenth of the catalogue, taken out of every history a model learns from.

Listeners of each fold are unseen too. They are shown the rest of their histories, and the taken tracks among theirs
must be found: among all tracks, where a new track stands against those that everybody plays, and among the taken ones
alone, as a page of new releases would rank them. Schein et al. 2002, "Methods and metrics for cold-start
recommendations".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.evaluation.metrics import column, ranking_metrics
from pipelines.evaluation.splitting import Split, unseen_users
from pipelines.evaluation.validation import build
from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.ranking import top_k
from pipelines.sparse import chosen_entries, row_of_each

SHARE = 0.1
CUTOFF = 20


@dataclass(frozen=True)
class ColdRecall:
    """Recall@20 of tracks nobody in training has played.

    Attributes:
        title: The model.
        among_all: Over the whole catalogue.
        among_cold: Over the taken tracks alone.
        chance_all: What a random order finds among all; likewise the next.
        chance_cold: What a random order finds among the taken tracks.
    """

    title: str
    among_all: float
    among_cold: float
    chance_all: float
    chance_cold: float


def cold_recalls(
    dataset: Dataset, candidates: Mapping[str, CandidateConfig], rules: EvaluationRules
) -> tuple[ColdRecall, ...]:
    """Measure candidates, with their fixed hyper-parameters, on tracks they have seen nobody play.

    Args:
        dataset: What to learn from.
        candidates: What people read, and the candidate.
        rules: Folds and seed; the seed draws the tracks too.
    """
    n_tracks = dataset.histories.shape[1]
    drawn = np.random.default_rng([rules.seed, 13]).permutation(n_tracks)
    cold = np.zeros(n_tracks, dtype=bool)
    cold[drawn[: max(1, round(n_tracks * SHARE))]] = True
    rows = []
    for title, candidate in candidates.items():
        found = pd.concat([_on(split, dataset, candidate, cold) for split in unseen_users(dataset.histories, rules)])
        chances = CUTOFF / n_tracks, min(1.0, CUTOFF / int(cold.sum()))
        rows.append(ColdRecall(title, float(found["all"].mean()), float(found["cold"].mean()), *chances))
    return tuple(rows)


def _on(split: Split, dataset: Dataset, candidate: CandidateConfig, cold: np.ndarray) -> pd.DataFrame:
    """Return both recalls of each tested listener; NaN for one without a taken track."""
    model = build(candidate.name, candidate.params).fit(TrainingData(_without(split.train, cold), dataset.items))
    given = _without(split.given, cold)
    whole = sp.csr_array(split.given + split.held_out)
    wanted = chosen_entries(whole, cold[whole.indices])
    scores = model.score(given)
    scores[row_of_each(given), given.indices] = -np.inf
    return pd.DataFrame(
        {
            "all": _recall(scores, wanted),
            "cold": _recall(np.where(cold[None, :], scores, -np.inf), wanted),
        }
    )


def _without(histories: sp.csr_array, tracks: np.ndarray) -> sp.csr_array:
    """Return the histories without some of the tracks; the catalogue stays as it is."""
    return chosen_entries(histories, ~tracks[histories.indices])


def _recall(scores: np.ndarray, wanted: sp.csr_array) -> pd.Series:
    lists, _ = top_k(scores, CUTOFF)
    found: pd.Series = ranking_metrics(lists, wanted, (CUTOFF,))[column("recall", CUTOFF)]
    return found
