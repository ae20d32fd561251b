"""One process at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.errors import CrossfadeError
from pipelines.locking import only_one

_HOLD = """
import sys
from pathlib import Path
from pipelines.locking import only_one
with only_one(Path(sys.argv[1]), patience=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process that holds the lock."""
    command = [sys.executable, "-c", _HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_when_its_patience_ends_and_is_told_once(tmp_path, other):
    told = []
    with (
        pytest.raises(CrossfadeError, match="another process is at work on it"),
        only_one(tmp_path, patience=0.3, waiting=lambda: told.append("waiting")),
    ):
        pass
    assert told == ["waiting"]


def test_a_killed_process_holds_no_lock(tmp_path, other):
    other.kill()
    other.wait()
    with only_one(tmp_path, patience=0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_one_that_waits_gets_its_turn(tmp_path, other):
    with only_one(tmp_path, patience=60, waiting=other.kill):
        pass
