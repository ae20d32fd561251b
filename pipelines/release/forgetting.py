"""A bundle without one listener: the model that a training without them gives, and none of their rows beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp

from pipelines.features.dataset import Dataset
from pipelines.recommenders.base import Recommender, TrainingData
from pipelines.recommenders.forgetting import forget
from pipelines.release.bundle import write_bundle
from pipelines.release.model_bundle import ModelBundle


def without_listener(folder: Path, bundle: ModelBundle, listener: str, before: Dataset, after: Dataset) -> ModelBundle:
    """Write a bundle that never knew a listener, and return it; the old one stays where it is.

    The recipe stays: recommender and hyper-parameters. What was measured is carried over; it is about the recipe, as a
    mean over all listeners.

    Args:
        folder: Where bundles live.
        bundle: The old one.
        listener: Whom to leave out.
        before: The data with them.
        after: The data without them.

    Raises:
        CrossfadeError: The disk is full or the folder cannot be written.
    """
    lineage = bundle.manifest["lineage"]
    basis = {**lineage.get("permissions", {}), "consents": list(after.consents)}
    return write_bundle(
        folder,
        _model(bundle, listener, before, after),
        after,
        lineage={**lineage, "snapshot_id": after.snapshot_id, "permissions": basis},
        figures=bundle.manifest["figures"],
    )


def retrained(bundle: ModelBundle, dataset: Dataset) -> Recommender:
    """Fit a bundle's recipe on a data set from scratch: what a bundle without somebody is checked against."""
    model = bundle.recommender
    return type(model)(model.config).fit(training_data(dataset))


def distance(one: Recommender, other: Recommender) -> float:
    """Return the largest difference between two models' arrays; infinite where their shapes differ."""
    ours, theirs = (_dense_arrays(model) for model in (one, other))
    if {name: each.shape for name, each in ours.items()} != {name: each.shape for name, each in theirs.items()}:
        return float("inf")
    return max((float(np.abs(ours[name] - theirs[name]).max(initial=0.0)) for name in ours), default=0.0)


def training_data(dataset: Dataset) -> TrainingData:
    """Return what of a data set a recommender learns from."""
    return TrainingData(dataset.histories, dataset.items, dataset.times)


def _model(bundle: ModelBundle, listener: str, before: Dataset, after: Dataset) -> Recommender:
    """Take the listener out of the model where that is exactly a training without them, else train."""
    rows = np.flatnonzero(before.users.ids == listener)
    rest = np.flatnonzero(before.users.ids != listener)
    same_people = np.array_equal(bundle.users.ids, before.users.ids) and np.array_equal(
        before.users.ids[rest], after.users.ids
    )
    same_tracks = np.array_equal(bundle.tracks.ids, before.tracks.ids) and np.array_equal(
        before.tracks.ids, after.tracks.ids
    )
    # With the listener, tracks may leave that too few others play; and what may train can have changed since.
    if same_people and same_tracks and _same(bundle.histories, before.histories) and _same_rest(before, after, rest):
        return forget(bundle.recommender, training_data(before), rows)
    return retrained(bundle, after)


def _same_rest(before: Dataset, after: Dataset, rest: np.ndarray) -> bool:
    blocks = before.items.keys() == after.items.keys()
    return (
        blocks
        and all(_same(before.items[name], after.items[name]) for name in before.items)
        and _same(sp.csr_array(before.histories[rest]), after.histories)
    )


def _same(one: sp.csr_array, other: sp.csr_array) -> bool:
    if one.shape != other.shape or one.nnz != other.nnz:
        return False
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in ("indptr", "indices", "data"))


def _dense_arrays(model: Recommender) -> dict[str, np.ndarray]:
    return {name: np.asarray(array, dtype=np.float64) for name, array in model.arrays().items()}
