"""The folds of a data set on disk, so that programs of other environments read just the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import scipy.sparse as sp

from pipelines.config import EvaluationRules
from pipelines.evaluation.splitting import UNSEEN_USERS, Split, make_splits
from pipelines.features.dataset import Dataset


def write_folds(folder: Path, dataset: Dataset, rules: EvaluationRules) -> tuple[Split, ...]:
    """Write the folds of unseen listeners, without what has to be found, and return them.

    Args:
        folder: An empty folder.
        dataset: The data.
        rules: How many folds, and their seed.
    """
    unseen = rules.model_copy(update={"protocols": (UNSEEN_USERS,), "primary": UNSEEN_USERS})
    splits = make_splits(dataset, unseen)
    for split in splits:
        _write(folder / f"fold-{split.fold}", split, dataset)
    return splits


def _write(folder: Path, split: Split, dataset: Dataset) -> None:
    (folder / "items").mkdir(parents=True)
    optional = {"train_times": split.train_times, "given_times": split.given_times}
    matrices = {"train": split.train, "given": split.given} | {k: v for k, v in optional.items() if v is not None}
    _save(folder, matrices)
    _save(folder / "items", dataset.items)


def _save(folder: Path, named: Mapping[str, sp.csr_array]) -> None:
    for name, matrix in named.items():
        sp.save_npz(folder / f"{name}.npz", matrix, compressed=False)
