"""A run that is killed at any point and started again ends in the same snapshot as one that was never killed."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from flows.ingestion import ingest
from flows.latest import latest_snapshot, trusted_snapshot
from tests.support.lifecycles import environment

pytestmark = pytest.mark.integration

#: The last thing a run does before it dies, by what it was about to do.
STAGES = {
    "read": "pipelines.sources.synthetic:Synthetic.tracks",
    "spool": "pipelines.data.spool:Spool._spill",
    "check": "validation.examination:Examination.interactions",
    "write": "pipelines.data.snapshot_writing:SnapshotDraft.write_others",
    "set rows aside": "validation.quarantine:hash_json",
    "publish the Data Docs": "pipelines.atomic:Draft.publish",
    "freeze": "pipelines.data.snapshot_writing:SnapshotDraft.publish",
    "read the frozen snapshot": "pipelines.data.snapshot_writing:read_snapshot",
    "move the pointer": "flows.ingestion:set_latest_snapshot",
    "remember the batch": "flows.contract:Contract.accept",
}

#: Runs the real command in which one function, when it is called, kills the process.
_COMMAND = """
import importlib, os, signal, sys
from flows.cli.main import run

module, _, path = sys.argv.pop(1).partition(":")
owner = importlib.import_module(module)
*outer, name = path.split(".")
for each in outer:
    owner = getattr(owner, each)
setattr(owner, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
if name == "_spill":
    from pipelines.data import spool
    spool.Spool.__init__.__kwdefaults__["memory_rows"] = 100
sys.exit(run())
"""


@pytest.fixture(scope="module")
def never_killed(prefect_api, tmp_path_factory):
    """The id of the snapshot of a run that nobody killed."""
    with environment(CROSSFADE_HOME=str(tmp_path_factory.mktemp("never-killed")), PREFECT_API_URL=prefect_api):
        return ingest("synthetic", {"size": "tiny"}).snapshot_id


def hidden_below(home):
    return [path for folder in (home.work, home.snapshots, home.quarantine) for path in folder.glob(".*")]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_run_changes_nothing_and_the_next_one_ends_as_if_it_had_not_been(new_home, never_killed, stage):
    command = [sys.executable, "-c", _COMMAND, STAGES[stage], "ingest", "synthetic", "-o", "size=tiny"]
    killed = subprocess.run(command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    pointer_moved = stage == "remember the batch"
    assert (trusted_snapshot(new_home) is not None) == pointer_moved
    again = ingest("synthetic", {"size": "tiny"})
    assert again.snapshot_id == latest_snapshot(new_home).snapshot_id == never_killed
    assert again.tables["interactions"].new == (0 if pointer_moved else again.rows["interactions"])
    assert hidden_below(new_home) == [], "what the killed run left behind is cleared"
