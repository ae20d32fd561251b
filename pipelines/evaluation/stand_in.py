"""What the champion would do today: its recipe, fitted in each fold on what the champion itself had learned from.

The champion cannot be tested on today's listeners, as it was trained on most of them. Its stand-in can: in each fold it
learns what the champion had learned, without the listeners that are tested, and is asked what every candidate is asked.
So the two are compared listener by listener on the same data, and what lies between them is the newer data alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.data.vocabulary import Vocabulary
from pipelines.evaluation.report import EvaluationReport, build_reports
from pipelines.evaluation.run import FoldResult, evaluate
from pipelines.evaluation.splitting import UNSEEN_USERS, Split
from pipelines.features.dataset import Dataset
from pipelines.sparse import chosen_entries, from_triples, in_places_of, row_of_each, with_data


@dataclass(frozen=True)
class Learned:
    """What a model has learned from, and how.

    Attributes:
        candidate: Its recipe, with the hyper-parameters it has.
        users: Ids of the listeners.
        tracks: Ids of the tracks.
        histories: Listeners x tracks, float32; strength of preference in plays.
    """

    candidate: CandidateConfig
    users: np.ndarray
    tracks: np.ndarray
    histories: sp.csr_array = field(repr=False)

    def among(self, dataset: Dataset) -> sp.csr_array:
        """Return its listeners x the tracks of a data set; what it knows of other tracks is left out."""
        aliases = dataset.matches.aliases
        columns = dataset.tracks.indices([aliases.get(track, track) for track in self.tracks])
        there = columns[self.histories.indices]
        rows, known = row_of_each(self.histories), there >= 0
        shape = (len(self.users), len(dataset.tracks))
        matrix = from_triples(self.histories.data[known], rows[known], there[known], shape)
        matrix.sort_indices()
        return matrix


def measure_stand_in(learned: Learned, dataset: Dataset, split: Split, rules: EvaluationRules) -> FoldResult | None:
    """Measure what a model would do on a fold; None where nothing of what it had learned is about today's tracks."""
    fold = as_learned(split, dataset, learned)
    return evaluate(learned.candidate, dataset, fold, rules) if fold.train.nnz else None


def stand_in_report(results: Iterable[FoldResult | None], rules: EvaluationRules) -> EvaluationReport | None:
    """Return the report over all folds; None where one of them could not be measured."""
    every = list(results)
    known = [result for result in every if result is not None]
    return build_reports(known, rules)[0] if known and len(known) == len(every) else None


def as_learned(split: Split, dataset: Dataset, learned: Learned) -> Split:
    """Return a fold from which only what a model had learned can be learned; what is given and asked stays.

    For listeners it has never seen that is all of it but the listeners whom the fold keeps apart, tested or not; also
    what is not there today: a model that lost half of its listeners is worse than the one before. Under the other
    protocols, whose tested listeners are trained on, it is what the fold itself trains on, as far as it was known.

    Args:
        split: The fold, of today's data.
        dataset: Today's data.
        learned: What the model had learned.
    """
    then = learned.among(dataset)
    here = dataset.users.indices(learned.users)
    if split.protocol == UNSEEN_USERS:
        # Of a sample, those who are not tested are kept apart too: neither side may learn from them.
        rows = np.flatnonzero((here < 0) | np.isin(here, split.learners))
        train = sp.csr_array(then[rows])
        times = None if dataset.times is None else _times(train, sp.csr_array(_rows(dataset.times, here[rows])))
        return _without_empty(replace(split, train=train, learners=here[rows], train_times=times))
    back = Vocabulary(learned.users).indices(dataset.users.ids[split.learners])
    train = in_places_of(split.train, _rows(then, back))
    known = train.data > 0
    times = None if split.train_times is None else chosen_entries(split.train_times, known)
    return _without_empty(replace(split, train=chosen_entries(train, known), train_times=times))


def _rows(matrix: sp.csr_array, rows: np.ndarray) -> sp.csr_array:
    """Return rows of a matrix; an empty one where the row is -1."""
    empty = sp.csr_array((1, matrix.shape[1]), dtype=matrix.dtype)
    return sp.csr_array(sp.vstack([matrix, empty], format="csr")[rows])


def _times(places: sp.csr_array, times: sp.csr_array) -> sp.csr_array:
    found = in_places_of(places, times)
    return with_data(found, np.where(found.data == 0, np.nan, found.data))


def _without_empty(split: Split) -> Split:
    """Leave out training listeners of whom nothing was known."""
    rows = np.flatnonzero(np.diff(split.train.indptr))
    times = None if split.train_times is None else sp.csr_array(split.train_times[rows])
    return replace(split, train=sp.csr_array(split.train[rows]), learners=split.learners[rows], train_times=times)
