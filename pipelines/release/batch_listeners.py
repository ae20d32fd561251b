"""Whom a batch makes lists for: listeners and their histories by index, ready to be cut into shards."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.hashing import hash_file
from pipelines.release.batch import history_batches
from pipelines.release.exclusions import NO_EXCLUSIONS, Exclusions
from pipelines.release.model_bundle import ModelBundle
from pipelines.sparse import from_triples


@dataclass(frozen=True)
class BatchListeners:
    """Listeners, what they have played, and what must not be in their lists.

    Attributes:
        ids: Their ids, one text each.
        histories: Listeners x tracks of the bundle.
        origin: What tells these histories from others: the checksum of the table; empty for those of the bundle, which
            the bundle's own id tells.
        exclusions: What must not be in whose list, beside their histories.
    """

    ids: pa.Array = field(repr=False)
    histories: sp.csr_array = field(repr=False)
    origin: str = ""
    exclusions: Exclusions = NO_EXCLUSIONS

    def __len__(self) -> int:
        """Return how many listeners there are."""
        return len(self.ids)

    @classmethod
    def of(cls, bundle: ModelBundle, table: Path | None, exclusions: Exclusions = NO_EXCLUSIONS) -> BatchListeners:
        """Return the listeners of a table of histories, or all whom the model was trained on.

        Raises:
            SourceError: The table cannot be read, has no rows or lacks a column, or a value is unreadable or missing.
        """
        return replace(cls.of_bundle(bundle) if table is None else cls.of_table(bundle, table), exclusions=exclusions)

    @classmethod
    def of_bundle(cls, bundle: ModelBundle) -> BatchListeners:
        """Return all listeners whom the model was trained on; nothing is read before it is asked for."""
        return cls(bundle.users.texts.as_arrow(), bundle.histories)

    @classmethod
    def of_table(cls, bundle: ModelBundle, path: Path) -> BatchListeners:
        """Read a table (CSV or Parquet) with user_id, track_id and, where it is there, weight.

        Listeners stand in the order of their first row, also those of whom no row can be used.

        Raises:
            SourceError: See ``of``.
        """
        rows = pa.concat_tables(history_batches(path), promote_options="default")
        listeners, listener = _numbered(rows[c.USER_ID])
        tracks, track = _numbered(rows[c.TRACK_ID])
        columns = bundle.indices(tracks.to_pylist())[track]
        weights = _weights(rows)
        keep = (columns >= 0) & np.isfinite(weights) & (weights > 0)
        shape = (len(listeners), len(bundle.tracks))
        histories = from_triples(weights[keep], listener[keep], columns[keep], shape)
        return cls(listeners, histories, hash_file(path))


def _numbered(column: pa.ChunkedArray) -> tuple[pa.Array, np.ndarray]:
    """Return the different values of a column, in the order of their first rows, and the number of each row's."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    whole = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    return whole.dictionary, whole.indices.to_numpy().astype(np.int64)


def _weights(rows: pa.Table) -> np.ndarray:
    """Return each row's weight, NaN where it has none; without a column of weights each row weighs 1."""
    if c.WEIGHT not in rows.column_names:
        return np.ones(rows.num_rows)
    weights: np.ndarray = rows[c.WEIGHT].to_numpy()
    return weights
