"""Listeners in buckets: how rows are divided so that any number of them can be worked on in bounded memory.

A listener belongs to one of 256 buckets for ever, by a checksum of the id. A partition is a run of neighbouring
buckets; there are as many partitions as the rows need, always a power of two, so that few rows are one partition. What
a snapshot is called depends on buckets only, never on partitions.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

import numpy as np
import pyarrow as pa

BUCKETS: Final = 256
#: About this many rows are worked on at a time: 100 MB as Arrow, half a GB with everything made of them on the way.
PARTITION_ROWS: Final = 1_500_000
_SHIFT = 24


def bucket_of(listener: str) -> int:
    """Return the bucket of a listener."""
    return crc32(listener.encode()) >> _SHIFT


def buckets_of(listeners: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return the bucket of each row's listener, as uint8."""
    column = listeners.combine_chunks() if isinstance(listeners, pa.ChunkedArray) else listeners
    encoded = column.dictionary_encode()
    buckets = np.array([bucket_of(listener) for listener in encoded.dictionary.to_pylist()], dtype=np.uint8)
    return buckets[encoded.indices.to_numpy()] if len(column) else np.empty(0, dtype=np.uint8)


def partitions(rows: int) -> tuple[range, ...]:
    """Return the partitions for so many rows, as ranges of buckets; together they are all buckets."""
    count = 1
    while count < BUCKETS and rows > count * PARTITION_ROWS:
        count *= 2
    width = BUCKETS // count
    return tuple(range(first, first + width) for first in range(0, BUCKETS, width))
