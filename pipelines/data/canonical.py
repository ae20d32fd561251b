"""The one order of a table's rows, and the digests that follow from it.

The order depends on nothing but the rows: not on the order in which they were read, nor on how they are divided into
partitions. Interactions stand bucket by bucket, a listener's in the order of time; tracks by id; playlists by id and
position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.buckets import bucket_of
from pipelines.data.hashing import hash_json, hash_table
from pipelines.data.tables import PlaylistTable, Tables, TrackCatalogue

_BEFORE_ALL_TIMES = np.iinfo(np.int64).min
_OTHER_ORDERS: Mapping[str, Sequence[str]] = {
    TrackCatalogue.name: (c.TRACK_ID, c.SOURCE),
    PlaylistTable.name: (c.PLAYLIST_ID, c.OWNER, c.POSITION, c.TRACK_ID, c.ADDED_AT, c.NAME, c.SOURCE),
}


@dataclass(frozen=True)
class Digests:
    """SHA-256 of a snapshot's rows in their order.

    Attributes:
        interactions: By bucket; buckets without rows have none.
        others: By the name of the table.
    """

    interactions: Mapping[int, str]
    others: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """The hash that names exactly these rows."""
        buckets = {str(bucket): digest for bucket, digest in self.interactions.items()}
        return hash_json({"interactions": buckets, **self.others})


def digests_of(tables: Tables) -> Digests:
    """Return the digests of tables whose rows stand in any order."""
    others = (tables.tracks, tables.playlists)
    return Digests(
        interactions=bucket_digests(in_order(tables.interactions.data)),
        others={table.name: hash_table(sort_rows(table.data, table.name)) for table in others},
    )


def in_order(interactions: pa.Table) -> pa.Table:
    """Return interactions in their order, as one chunk."""
    rows = interactions.combine_chunks()
    users, moments = codes(rows[c.USER_ID], in_order=True, by_bucket=True), times(rows[c.AT])
    order, tied = by_listener_and_time(users, moments)
    if tied.any():
        among = order[tied]
        order[tied] = among[np.lexsort((*_other_keys(rows.take(pa.array(among))), moments[among], users[among]))]
    return rows if (order[:-1] < order[1:]).all() else rows.take(pa.array(order))


def by_listener_and_time(users: np.ndarray, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of rows by these two, and which places of it hold rows that share both with another row.

    Few rows do where plays have times, so that whatever else a row says has to be looked at for few.

    Args:
        users: A number for each row's listener.
        moments: The time of each row, as a number.
    """
    order = np.lexsort((moments, users))
    users, moments = users[order], moments[order]
    as_before = np.zeros(len(order) + 1, dtype=bool)
    as_before[1:-1] = (users[1:] == users[:-1]) & (moments[1:] == moments[:-1])
    return order, as_before[:-1] | as_before[1:]


def _other_keys(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return what rows of the same listener and time are ordered by, the least important key first."""
    told = np.zeros(rows.num_rows, dtype=np.int64)
    for name in (c.TRACK_ID, c.KIND, c.SOURCE, c.CONSENT):
        key = codes(rows[name], in_order=True) + 1
        told = told * (int(key.max(initial=0)) + 1) + key
    return rows[c.VALUE].to_numpy(), told


def sort_rows(rows: pa.Table, table: str) -> pa.Table:
    """Return tracks or playlist rows in their order, as one chunk."""
    keys = [(name, "ascending") for name in _OTHER_ORDERS[table]]
    return rows.take(pc.sort_indices(rows, sort_keys=keys)).combine_chunks()


def bucket_digests(interactions: pa.Table) -> dict[int, str]:
    """Return the digest of each bucket that has rows.

    Args:
        interactions: Rows in their order.
    """
    users = interactions[c.USER_ID].combine_chunks().dictionary_encode()
    if not len(users):
        return {}
    buckets = np.array([bucket_of(user) for user in users.dictionary.to_pylist()])[users.indices.to_numpy()]
    starts = np.flatnonzero(np.diff(buckets, prepend=-1))
    ends = np.append(starts[1:], len(buckets))
    return {
        int(buckets[start]): hash_table(interactions.slice(start, end - start))
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    }


def codes(column: pa.ChunkedArray, *, in_order: bool = False, by_bucket: bool = False) -> np.ndarray:
    """Return a whole number for each text, equal for equal texts; -1 where there is none.

    Args:
        column: Texts.
        in_order: Give numbers in the order of the texts (of their UTF-8 bytes).
        by_bucket: Put the bucket of the text first in that order.
    """
    encoded = column.combine_chunks().dictionary_encode()
    found = pc.fill_null(encoded.indices, -1).to_numpy()
    if not in_order or not len(encoded.dictionary):
        return np.asarray(found)
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    if by_bucket:
        buckets = np.array([bucket_of(text) for text in encoded.dictionary.to_pylist()])
        order = order[np.argsort(buckets[order], kind="stable")]
    # One place more than there are texts: it is the last one that -1 points to.
    ranks = np.full(len(order) + 1, -1, dtype=np.int32)
    ranks[order] = np.arange(len(order))
    return np.asarray(ranks[found])


def times(column: pa.ChunkedArray) -> np.ndarray:
    """Return times as microseconds since 1970, and the smallest number there is where one is missing."""
    return np.asarray(pc.fill_null(column.cast(pa.int64()), _BEFORE_ALL_TIMES).to_numpy())
