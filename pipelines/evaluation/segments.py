"""For whom, and for which tracks, a candidate works: means by kind of listener, recall by kind of track.

Listeners are cut into thirds by the length of their history, by how much they play and by how much of their history
lies in the long tail, and by the source their tracks come from. Tracks are *tail* where they are among the least played
that together hold a fifth of all preferences (the rest of the Pareto rule), and *cold* with hardly any listener.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.atomic import new_file
from pipelines.config import EvaluationRules
from pipelines.data import columns as c
from pipelines.errors import CrossfadeError
from pipelines.evaluation.comparison import Interval, bootstrap_mean
from pipelines.evaluation.metrics import column, hits
from pipelines.features.dataset import Dataset
from pipelines.sparse import row_of_each, with_data

_FILE = "segments.parquet"
TAIL_SHARE = 0.2
#: Fewer training listeners than the five a track needs to enter the matrix by default: a fold took most of them away.
COLD_BELOW = 5
_CUTOFF = 20
_THIRDS = (1 / 3, 2 / 3)
#: Below this no interval of a mean is worth reading.
_LEAST = 2


@dataclass(frozen=True)
class SegmentMean:
    """The mean of a metric over the listeners of one segment.

    Attributes:
        division: What listeners are divided by, for example "history length".
        segment: The part, for example "up to 12 tracks".
        interval: Mean, interval and number of listeners.
    """

    division: str
    segment: str
    interval: Interval


def listener_segments(dataset: Dataset) -> pd.DataFrame:
    """Return one row a listener (index: row in the data set), one ordered categorical column a division.

    Divisions that put everybody into one segment are left out.
    """
    histories = dataset.histories
    lengths = np.diff(histories.indptr)
    in_tail = np.bincount(
        row_of_each(histories), weights=tail_tracks(histories)[histories.indices], minlength=histories.shape[0]
    )
    divisions = {
        "history length": _thirds(lengths, ",.0f", " tracks"),
        "activity": _thirds(np.asarray(histories.sum(axis=1)).ravel(), ",.0f", " plays"),
        "long-tail share": _thirds(in_tail / np.maximum(lengths, 1), ".1%"),
        "source": _main_source(dataset),
    }
    found = {name: values for name, values in divisions.items() if len(values.categories) >= _LEAST}
    return pd.DataFrame(found, index=pd.RangeIndex(histories.shape[0], name="listener"))


def save_segments(folder: Path, segments: pd.DataFrame) -> None:
    """Write segments so that ``load_segments`` gives them back, as texts."""
    with new_file(folder / _FILE) as file:
        segments.astype(str).to_parquet(file)


def load_segments(folder: Path) -> pd.DataFrame | None:
    """Read what ``save_segments`` wrote; None where the training kept none.

    Raises:
        CrossfadeError: The file is damaged.
    """
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise CrossfadeError("the segments cannot be read", where=str(path), remedy="Run 'crossfade train'") from error


def segment_means(
    users: pd.DataFrame, segments: pd.DataFrame, metric: str, rules: EvaluationRules
) -> tuple[SegmentMean, ...]:
    """Return the mean of a metric in every segment that has a tested listener, with its interval.

    Args:
        users: One row a listener, one column a metric.
        segments: What ``listener_segments`` gives.
        metric: The column of ``users``.
        rules: Resamples, confidence and seed.
    """
    own = segments.loc[users.index]
    means = []
    for division in own.columns:
        for segment, values in users[metric].groupby(own[division], observed=True):
            interval = bootstrap_mean(
                values.to_numpy(), resamples=rules.bootstrap, confidence=rules.confidence, seed=rules.seed
            )
            means.append(SegmentMean(str(division), str(segment), interval))
    return tuple(means)


def track_recalls(
    lists: np.ndarray, held_out: sp.csr_array, train: sp.csr_array, longest: int
) -> dict[str, np.ndarray]:
    """Return each listener's recall among the held-out tracks of the long tail, and among the cold ones.

    Args:
        lists: Listeners x k track indices.
        held_out: Listeners x tracks; entries are the tracks to be found.
        train: Listeners x tracks that were trained on, by which tracks are tail or cold.
        longest: Lists are cut at twenty, or here where that is shorter.

    Returns:
        Columns such as ``tail_recall@20``; NaN for listeners with no such track held out.
    """
    k = min(_CUTOFF, longest)
    cold = np.bincount(train.indices, minlength=train.shape[1]) < COLD_BELOW
    kinds = {"tail_recall": tail_tracks(train), "cold_recall": cold}
    return {column(name, k): _recall_among(chosen, lists[:, :k], held_out) for name, chosen in kinds.items()}


def tail_tracks(histories: sp.csr_array) -> np.ndarray:
    """Tell for each track whether it is among the least played that together hold a fifth of the preferences."""
    listeners = np.bincount(histories.indices, minlength=histories.shape[1])
    order = np.argsort(listeners, kind="stable")
    tail = np.zeros(len(listeners), dtype=bool)
    tail[order] = np.cumsum(listeners[order]) <= TAIL_SHARE * listeners.sum()
    return tail


def _recall_among(chosen: np.ndarray, lists: np.ndarray, held_out: sp.csr_array) -> np.ndarray:
    wanted = with_data(held_out, chosen[held_out.indices].astype(float))
    wanted = sp.csr_array(wanted, copy=True)
    wanted.eliminate_zeros()
    relevant = np.diff(wanted.indptr).astype(float)
    recall: np.ndarray = hits(lists, wanted).sum(axis=1) / np.where(relevant > 0, relevant, np.nan)
    return recall


def _thirds(values: np.ndarray, number: str, unit: str = "") -> pd.Categorical:
    """Cut values at their terciles; equal values stay together, so segments may be fewer and of unequal size."""
    edges = np.unique(np.quantile(values, _THIRDS, method="inverted_cdf"))
    edges = edges[edges < values.max()]
    words = [format(edge, number) for edge in edges]
    names = ["all"]
    if words:
        names = [f"up to {words[0]}", *(f"over {low} to {high}" for low, high in pairwise(words)), f"over {words[-1]}"]
    return _categories(np.searchsorted(edges, values), [f"{name}{unit}" for name in names])


def _main_source(dataset: Dataset) -> pd.Categorical:
    """Return the source that most of each listener's tracks come from; the first by name where two have as many."""
    sources, names = pd.factorize(np.asarray(dataset.catalogue.data[c.SOURCE].to_pylist(), dtype=object), sort=True)
    of_tracks = sp.csr_array(
        (np.ones(len(sources)), (np.arange(len(sources)), sources)), shape=(len(sources), len(names))
    )
    plays = with_data(dataset.histories, np.ones(dataset.histories.nnz)) @ of_tracks
    return _categories(plays.toarray().argmax(axis=1), list(names)).remove_unused_categories()


def _categories(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    return pd.Categorical([names[code] for code in codes], categories=names, ordered=True)
