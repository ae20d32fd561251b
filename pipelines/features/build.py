"""From a snapshot to the matrices that training and evaluation read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.config import TrainingConfig
from pipelines.data import columns as c
from pipelines.data.snapshot import Snapshot
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.errors import NotEnoughDataError
from pipelines.features.dataset import Dataset
from pipelines.features.items import item_features
from pipelines.features.preferences import Preferences, preferences, ratings
from pipelines.sparse import with_data

#: Nothing can be learned from fewer listeners or tracks than this.
LEAST = 2


def build_dataset(snapshot: Snapshot, config: TrainingConfig) -> Dataset:
    """Read a snapshot's trainable rows and build its matrices.

    Raises:
        NotEnoughDataError: No listener likes any track, or there are fewer than two listeners or tracks.
    """
    interactions = snapshot.training_interactions()
    known = preferences(interactions, config.preferences)
    rows, columns, core = largest_core(known.strengths, config.matrix.core)
    if min(len(rows), len(columns)) < LEAST:
        raise NotEnoughDataError(
            f"{len(rows)} listeners and {len(columns)} tracks are left to learn from",
            where=f"snapshot {snapshot.snapshot_id}",
            remedy="Training needs at least two listeners who share at least two tracks; add more listening data",
        )
    strengths = sp.csr_array(known.strengths[rows][:, columns])
    strengths.sort_indices()
    explicit = sp.csr_array(known.explicit[rows][:, columns])
    tracks = Vocabulary(known.tracks.ids[columns])
    catalogue = _catalogue_of(tracks, snapshot.tables().tracks)
    return Dataset(
        snapshot_id=snapshot.snapshot_id,
        users=Vocabulary(known.users.ids[rows]),
        tracks=tracks,
        histories=strengths,
        ratings=ratings(strengths, explicit),
        items=item_features(catalogue),
        catalogue=catalogue,
        left_out=_left_out(known, strengths, core),
    )


def k_core(matrix: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of the largest sub-matrix whose every row and column has at least ``k`` entries."""
    pattern = with_data(matrix, np.ones(matrix.nnz, dtype=np.int32))
    rows, columns = np.arange(matrix.shape[0]), np.arange(matrix.shape[1])
    while True:
        enough_rows = np.diff(pattern.indptr) >= k
        enough_columns = np.bincount(pattern.indices, minlength=pattern.shape[1]) >= k
        if enough_rows.all() and enough_columns.all():
            return rows, columns
        rows, columns = rows[enough_rows], columns[enough_columns]
        pattern = sp.csr_array(pattern[enough_rows][:, enough_columns])


def largest_core(matrix: sp.csr_array, wanted: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the ``wanted``-core, or the largest smaller one with two rows and two columns, and which one it is."""
    for k in range(wanted, 0, -1):
        rows, columns = k_core(matrix, k)
        if min(len(rows), len(columns)) >= LEAST:
            return rows, columns, k
    return rows, columns, 1


def _catalogue_of(tracks: Vocabulary, catalogue: TrackCatalogue) -> TrackCatalogue:
    """Return the catalogue's rows for ``tracks``, in their order."""
    position = Vocabulary(catalogue.data[c.TRACK_ID].to_numpy())
    order = position.indices(tracks.ids)
    return TrackCatalogue(catalogue.data.take(pa.array(order)))


def _left_out(known: Preferences, kept: sp.csr_array, core: int) -> dict[str, int]:
    return {
        "core": core,
        "listeners": known.strengths.shape[0] - kept.shape[0],
        "tracks": known.strengths.shape[1] - kept.shape[1],
        "preferences": known.strengths.nnz - kept.nnz,
    }
