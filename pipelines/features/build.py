"""From a snapshot to the matrices that training and evaluation read."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.config import TrainingConfig
from pipelines.data import columns as c
from pipelines.data.permissions import NOTHING_AGREED, Permissions
from pipelines.data.provenance import Use
from pipelines.data.snapshot import Snapshot
from pipelines.data.tables import InteractionTable, TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.errors import NotEnoughDataError, NotPermittedError
from pipelines.features.dataset import Dataset
from pipelines.features.items import item_features
from pipelines.features.listening import listening
from pipelines.features.preferences import Preferences, ratings
from pipelines.features.timeline import Timeline
from pipelines.sparse import with_data

#: Nothing can be learned from fewer listeners or tracks than this.
LEAST = 2


def build_dataset(snapshot: Snapshot, config: TrainingConfig, permissions: Permissions = NOTHING_AGREED) -> Dataset:
    """Read the rows of a snapshot that may train and build the matrices of a data set.

    Nothing else of the snapshot gets here: not into a history, not into a feature, not into a count of listeners. The
    catalogue, which is only shown, holds what may be shown.

    Args:
        snapshot: The data.
        config: What decides how rows become matrices.
        permissions: What people and the owner have agreed to.

    Raises:
        NotPermittedError: Not one row may train.
        NotEnoughDataError: No listener likes any track, or there are fewer than two listeners or tracks.
    """
    heard = listening(snapshot, config.preferences, permissions)
    withheld = int(snapshot.manifest["rows"][InteractionTable.name]) - heard.rows
    if withheld and not heard.rows:
        raise NotPermittedError(
            f"not one of {withheld:,} interactions may train a model, by its source's terms or for want of consent",
            where=f"snapshot {snapshot.snapshot_id}",
            remedy="'crossfade consent list' shows who agreed to what; or ingest listening data that may train",
        )
    known = heard.known
    rows, columns, core = largest_core(known.strengths, config.matrix.core)
    if min(len(rows), len(columns)) < LEAST:
        raise NotEnoughDataError(
            f"what is left to learn from is too little (listeners: {len(rows)}, tracks: {len(columns)})",
            where=f"snapshot {snapshot.snapshot_id}",
            remedy="Training needs at least two listeners who share at least two tracks: ingest the listening of more "
            "people beside it, from a ListenBrainz dump ('crossfade ingest listenbrainz') or tables of your own "
            "('crossfade ingest files')",
        )
    strengths = sp.csr_array(known.strengths[rows][:, columns])
    strengths.sort_indices()
    explicit = sp.csr_array(known.explicit[rows][:, columns])
    tracks = Vocabulary(known.tracks.ids[columns])
    catalogue = _catalogue_of(tracks, snapshot.tracks(Use.DISPLAY, permissions))
    described = _catalogue_of(tracks, snapshot.tracks(Use.TRAIN, permissions))
    return Dataset(
        snapshot_id=snapshot.snapshot_id,
        users=Vocabulary(known.users.ids[rows]),
        tracks=tracks,
        histories=strengths,
        ratings=ratings(strengths, explicit),
        items=item_features(described),
        catalogue=catalogue,
        left_out=_left_out(known, strengths, core) | {"withheld": withheld, "told_twice": heard.told_twice},
        consents=heard.consents,
        matches=snapshot.matches,
        timeline=Timeline.of(strengths, known.additions, rows, columns),
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
