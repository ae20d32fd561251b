"""Content hashes: SHA-256 of files, of JSON values and of Arrow tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_json(value: object) -> str:
    """Return the SHA-256 of a JSON-ready value, the same for the same content in any key order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hash_text(text)


def hash_table(table: pa.Table) -> str:
    """Return the SHA-256 of a table's rows.

    It depends on column names, types, values and row order only: not on chunks, nor on what lies under a missing value,
    so that rows read back from a file have the hash of the rows that were written.
    """
    digest = hashlib.sha256(str(table.schema.remove_metadata()).encode())
    for column in table.columns:
        _add(digest, pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type))
    return digest.hexdigest()


def _add(digest: hashlib._Hash, array: pa.Array) -> None:
    """Add which values are there, then those values, to a digest."""
    digest.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    present = array.drop_null()
    if pa.types.is_list(array.type):
        digest.update(pc.list_value_length(present).to_numpy().tobytes())
        _add(digest, present.flatten())
    elif pa.types.is_string(array.type):
        digest.update(pc.binary_length(present).to_numpy().tobytes())
        # Without nulls an array's texts stand one after the other in its bytes.
        if len(present):
            first, last = (_offset(present, place) for place in (0, len(present)))
            digest.update(memoryview(present.buffers()[2])[first:last])
    else:
        digest.update(np.ascontiguousarray(present.to_numpy(zero_copy_only=False)).tobytes())


def _offset(texts: pa.StringArray, place: int) -> int:
    """Return where a text begins in the bytes of an array."""
    return int(np.frombuffer(texts.buffers()[1], np.int32, count=1, offset=4 * (texts.offset + place))[0])
