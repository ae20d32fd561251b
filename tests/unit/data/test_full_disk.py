"""A disk that fills up while rows are spooled or written: one clear error, and nothing left."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: Runs in a process of its own, in which no file may grow beyond 8 kB: the system itself refuses to write on.
_COMMAND = """
import resource, signal, sys
from pathlib import Path
import pyarrow as pa
from pipelines.atomic import new_folder
from pipelines.data import columns as c
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.data.spool import Spool
from pipelines.errors import CrossfadeError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))
rows = [{c.USER_ID: f"u{n * 7919 % 10_007}", c.TRACK_ID: f"t{n}", c.KIND: "play", c.SOURCE: "s"} for n in range(5_000)]
rows = pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA)
folder = Path(sys.argv[1])
try:
    if sys.argv[2] == "spool":
        with new_folder(folder) as work:
            Spool(work.path, memory_rows=10).add(rows)
    else:
        with draft_snapshot(folder) as draft:
            draft.write_part(range(256), rows)
except CrossfadeError as error:
    print(error)
"""


@pytest.mark.parametrize("what", ["spool", "snapshot"])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path, what):
    command = [sys.executable, "-c", _COMMAND, str(tmp_path), what]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    assert told.stdout == f"{tmp_path}: the disk is full. Free some space and run again.\n", told.stderr
    assert list(tmp_path.iterdir()) == []
