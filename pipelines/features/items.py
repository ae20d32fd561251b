"""Side information as sparse blocks: tracks x features, rows of unit length.

A row is empty where nothing is known: a missing feature is missing, never an average.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.performers import performers
from pipelines.data.tables import TrackCatalogue
from pipelines.sparse import empty, from_triples, with_data

ARTISTS, TAGS, GENRES, ERA, AUDIO = "artists", "tags", "genres", "era", "audio"

_YEARS_PER_BIN = 5
_AUDIO_BINS = 6


def item_features(catalogue: TrackCatalogue) -> dict[str, sp.csr_array]:
    """Return every block that says anything about these tracks, in the catalogue's order."""
    rows = catalogue.data
    blocks = {
        ARTISTS: unit_rows(_memberships(_performers(rows))),
        TAGS: unit_rows(tf_idf(_memberships(rows[c.TAGS].to_pylist(), rows[c.TAG_WEIGHTS].to_pylist()))),
        GENRES: unit_rows(tf_idf(_memberships(rows[c.GENRES].to_pylist()))),
        ERA: unit_rows(_era(rows[c.RELEASE_DATE])),
        AUDIO: unit_rows(_audio(rows)),
    }
    return {name: block for name, block in blocks.items() if block.nnz}


def tf_idf(counts: sp.csr_array) -> sp.csr_array:
    """Return log(1 + count) x log(tracks / tracks that have the feature) (Spärck Jones 1972)."""
    having = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log(counts.shape[0] / np.maximum(having, 1)).astype(np.float32)
    data = np.log1p(counts.data) * idf[counts.indices]
    weighted = with_data(counts, data)
    weighted.eliminate_zeros()
    return weighted


def unit_rows(matrix: sp.csr_array) -> sp.csr_array:
    """Return the matrix with every non-empty row scaled to length 1, float32."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = 1.0 / np.where(lengths > 0, lengths, 1.0)
    data = matrix.data * np.repeat(scale, np.diff(matrix.indptr))
    return with_data(matrix, data.astype(np.float32))


def soft_bins(values: np.ndarray, edges: np.ndarray) -> sp.csr_array:
    """Return each value's weight on the two nearest of the sorted ``edges`` (linear; NaN gives an empty row).

    Neighbouring values share bins, so that 1989 and 1990 are alike, which hard bins would deny.
    """
    rows = np.flatnonzero(~np.isnan(values))
    inside = np.clip(values[rows], edges[0], edges[-1])
    left = np.clip(np.searchsorted(edges, inside, side="right") - 1, 0, len(edges) - 2)
    right_share = (inside - edges[left]) / (edges[left + 1] - edges[left])
    bins = from_triples(
        np.concatenate([1.0 - right_share, right_share]),
        np.concatenate([rows, rows]),
        np.concatenate([left, left + 1]),
        (len(values), len(edges)),
    )
    bins.eliminate_zeros()
    return bins


def _performers(rows: pa.Table) -> list[list[str]]:
    """Return everybody on each track."""
    pairs = zip(rows[c.ARTISTS].to_pylist(), rows[c.TITLE].to_pylist(), strict=True)
    return [performers(artists, title) for artists, title in pairs]


def _memberships(
    lists: Sequence[Sequence[str] | None], weights: Sequence[Sequence[float] | None] | None = None
) -> sp.csr_array:
    """Return tracks x names from lists of names; a weight is 1 where none is given."""
    given = weights if weights is not None else [None] * len(lists)
    rows = np.repeat(np.arange(len(lists)), [len(names or ()) for names in lists])
    flat = [name for names in lists for name in names or ()]
    pairs = zip(lists, given, strict=True)
    data = np.array([weight for names, own in pairs if names for weight in own or [1.0] * len(names)])
    codes, unique = pd.factorize(np.array(flat, dtype=object), sort=True)
    known = codes >= 0
    return from_triples(data[known], rows[known], codes[known], (len(lists), max(1, len(unique))))


def _era(dates: pa.ChunkedArray) -> sp.csr_array:
    """Return the release year on overlapping five-year bins."""
    years = pd.to_numeric(pd.Series(dates.to_pylist(), dtype=object).str[:4], errors="coerce").to_numpy(dtype=float)
    if np.isnan(years).all():
        return empty(len(years), 1)
    first = np.floor(np.nanmin(years) / _YEARS_PER_BIN) * _YEARS_PER_BIN
    return soft_bins(years, np.arange(first, np.nanmax(years) + 2 * _YEARS_PER_BIN, _YEARS_PER_BIN))


def _audio(rows: pa.Table) -> sp.csr_array:
    """Return each audio feature's rank among the tracks on overlapping bins.

    Ranks, because loudness, tempo and instrumentalness live on scales and in shapes that no common scaling fits.
    """
    edges = np.linspace(0.0, 1.0, _AUDIO_BINS)
    frame = rows.select(list(c.AUDIO_FEATURES)).to_pandas()
    ranks = frame.rank(pct=True, method="average")
    return sp.csr_array(sp.hstack([soft_bins(ranks[name].to_numpy(float), edges) for name in c.AUDIO_FEATURES]))
