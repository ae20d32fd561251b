"""Content hashes: SHA-256 of files, of JSON values and of Arrow tables."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_json(value: object) -> str:
    """Return the SHA-256 of a JSON-ready value, the same for the same content in any key order."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_table(table: pa.Table) -> str:
    """Return the SHA-256 of a table's rows: independent of chunking, dependent on row order and types."""
    digest = hashlib.sha256(str(table.schema.remove_metadata()).encode())
    for batch in table.combine_chunks().to_batches():
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema.remove_metadata()) as writer:
            writer.write_batch(batch.replace_schema_metadata(None))
        digest.update(sink.getvalue())
    return digest.hexdigest()
