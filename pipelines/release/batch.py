"""Lists for many listeners at once: histories as a table in, ranked tracks as a table out.

The batch command and the MLflow model are this module; the service calls the same ``ModelBundle.recommend``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import scipy.sparse as sp

from pipelines.atomic import new_file
from pipelines.data import columns as c
from pipelines.data.parsing import parse_column
from pipelines.errors import ConfigError, SourceError, TableError
from pipelines.parallel import even_spans, spread
from pipelines.recommenders.base import CandidateList
from pipelines.recommenders.ranking import PAD
from pipelines.release.bundle import ModelBundle
from pipelines.release.ranking_many import rank_many
from pipelines.sources.tabular import table_batches

LIST_SCHEMA = pa.schema(
    [
        pa.field(c.USER_ID, pa.string(), nullable=False),
        pa.field(c.TRACK_ID, pa.string(), nullable=False),
        pa.field(c.RANK, pa.int64(), nullable=False),
        pa.field(c.SCORE, pa.float64(), nullable=False),
    ]
)
_HISTORIES_AT_ONCE = 5_000
_HISTORY_TYPES = {c.USER_ID: pa.string(), c.TRACK_ID: pa.string(), c.WEIGHT: pa.float64()}


@dataclass(frozen=True)
class Histories:
    """What several listeners have played.

    Attributes:
        users: Their ids, in the order in which they first appear.
        tracks: For each of them track id -> weight; empty where no row of theirs could be used.
        left_out: How many rows had a weight that is not a positive number, and were left out.
    """

    users: tuple[str, ...]
    tracks: tuple[dict[str, float], ...]
    left_out: int = 0

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> Histories:
        """Group rows by listener; rows about the same track add up, and without weights each row weighs 1.

        Raises:
            TableError: A column is missing, or an id is.
        """
        for name in (c.USER_ID, c.TRACK_ID):
            if name not in frame.columns:
                raise TableError(f"the column '{name}' is missing", where="histories", remedy=f"Add a column '{name}'")
            if frame[name].isna().any():
                raise TableError(f"the column '{name}' has {frame[name].isna().sum()} empty values", where="histories")
        weight = frame[c.WEIGHT].astype(float) if c.WEIGHT in frame.columns else pd.Series(1.0, index=frame.index)
        good = np.isfinite(weight) & (weight > 0)
        rows = pd.DataFrame({c.USER_ID: frame[c.USER_ID].astype(str), c.TRACK_ID: frame[c.TRACK_ID].astype(str)})
        found: dict[str, dict[str, float]] = {user: {} for user in rows[c.USER_ID].unique()}
        kept = rows[good].assign(**{c.WEIGHT: weight[good]})
        sums = kept.groupby([c.USER_ID, c.TRACK_ID], sort=False, as_index=False).sum()
        for user, track, amount in zip(sums[c.USER_ID], sums[c.TRACK_ID], sums[c.WEIGHT].astype(float), strict=True):
            found[user][track] = amount
        return cls(tuple(found), tuple(found.values()), int((~good).sum()))

    @classmethod
    def of_bundle(cls, bundle: ModelBundle) -> Histories:
        """Return the histories of all listeners the model was trained on."""
        users = tuple(str(user) for user in bundle.users.ids)
        return cls(users, tuple(bundle.known_history(user) or {} for user in users))


def read_histories(path: Path) -> Histories:
    """Read a table (CSV or Parquet) with user_id, track_id and, where it is there, weight.

    Raises:
        SourceError: The file cannot be read, has no rows or lacks a column, or a value is unreadable or missing.
    """
    return Histories.of_frame(pa.concat_tables(history_batches(path)).to_pandas())


def history_batches(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of a table of histories with their columns typed; errors as for ``read_histories``."""
    for batch in table_batches(path, required=(c.USER_ID, c.TRACK_ID)):
        names = [name for name in _HISTORY_TYPES if name in batch.column_names]
        yield pa.table({name: _typed(batch, name, where=str(path)) for name in names})


def _typed(batch: pa.Table, name: str, *, where: str) -> pa.Array:
    """Parse one column; ids must be there, and a weight that is given must be a number."""
    parsed = parse_column(batch[name], _HISTORY_TYPES[name], verbatim=True)
    bad = parsed.unreadable.copy()
    if name != c.WEIGHT:
        bad |= parsed.values.is_null().to_numpy(zero_copy_only=False)
    if bad.any():
        value = batch[name][int(np.flatnonzero(bad)[0])].as_py()
        raise SourceError(
            f"the column '{name}' has {int(bad.sum()):,} values that are missing or unreadable, the first is '{value}'",
            where=where,
            remedy="Mend these rows, or leave them out",
        )
    return parsed.values


def recommend_table(bundle: ModelBundle, histories: Histories, k: int) -> pa.Table:
    """Return the lists of all listeners, one row a recommended track, in the order of the listeners."""
    return pa.concat_tables(recommend_batches(bundle, histories, k), promote_options="none")


def recommend_batches(bundle: ModelBundle, histories: Histories, k: int) -> Iterator[pa.Table]:
    """Yield the lists of a few thousand listeners at a time, made wherever work is done; at least one table."""
    yield LIST_SCHEMA.empty_table()
    bounds = even_spans(len(histories.users), _HISTORIES_AT_ONCE)
    # Opened anew: what this process has looked up of the bundle so far need not travel.
    asked = _Asked(replace(bundle), bundle.encode(histories.tracks), k)
    for (start, stop), lists in zip(pairwise(bounds.tolist()), spread(_lists_of, asked, bounds), strict=True):
        yield _as_table(bundle, histories.users[start:stop], lists)


@dataclass(frozen=True)
class _Asked:
    """What lists are made from.

    Attributes:
        bundle: The model.
        histories: Listeners x tracks.
        k: The length of each list.
    """

    bundle: ModelBundle
    histories: sp.csr_array
    k: int


def _lists_of(asked: _Asked, start: int, stop: int) -> CandidateList:
    """Return the lists of some listeners."""
    return rank_many(asked.bundle, sp.csr_array(asked.histories[start:stop]), asked.k)


def _as_table(bundle: ModelBundle, users: Sequence[str], lists: CandidateList) -> pa.Table:
    """Return lists as rows, in the order of the listeners."""
    rows, places = np.nonzero(lists.indices != PAD)
    tracks = bundle.tracks.texts.as_arrow().take(pa.array(lists.indices[rows, places]))
    columns = [
        pa.array(users, pa.string()).take(pa.array(rows)),
        tracks.cast(pa.string()),
        pa.array(places + 1),
        pa.array(lists.scores[rows, places].astype(np.float64)),
    ]
    return pa.table(columns, schema=LIST_SCHEMA)


def write_lists(path: Path, batches: Iterator[pa.Table]) -> Iterator[int]:
    """Write lists as CSV or Parquet, by the file's ending; it appears whole or not at all.

    Yields:
        The number of rows written so far, after each batch.

    Raises:
        ConfigError: The ending is neither ``.csv`` nor ``.parquet``.
        CrossfadeError: The disk is full or the file cannot be written.
    """
    writers = {".csv": pa_csv.CSVWriter, ".parquet": pq.ParquetWriter}
    if path.suffix not in writers:
        raise ConfigError(f"'{path.suffix}' is no format of lists", where=str(path), remedy="Use .csv or .parquet")
    written = 0
    with new_file(path) as file, writers[path.suffix](file, LIST_SCHEMA) as writer:
        for batch in batches:
            writer.write_table(batch)
            written += batch.num_rows
            yield written
