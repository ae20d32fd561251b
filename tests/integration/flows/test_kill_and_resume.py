"""A run that is killed at any point and started again ends in the same snapshot as one that was never killed."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack

import pytest

from flows.ingestion import ingest
from flows.latest import latest_snapshot, trusted_snapshot
from pipelines.environment import variables_set
from pipelines.locking import only_one
from pipelines.testing.listens import SCROBBLES

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


@pytest.fixture(scope="module")
def never_killed(prefect_api, tmp_path_factory):
    """The id of the snapshot of a run that nobody killed."""
    home = str(tmp_path_factory.mktemp("never-killed"))
    with variables_set({"CROSSFADE_HOME": home, "PREFECT_API_URL": prefect_api}):
        return ingest("synthetic", {"size": "tiny"}).snapshot_id


def hidden_below(home):
    return [path for folder in (home.work, home.snapshots, home.quarantine) for path in folder.glob(".*")]


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_run_changes_nothing_and_the_next_one_ends_as_if_it_had_not_been(
    new_home, never_killed, in_processes, stage
):
    (ended,), said = in_processes(["ingest", "synthetic", "-o", "size=tiny"], killed_by=STAGES[stage])
    assert ended == -signal.SIGKILL, said
    pointer_moved = stage == "remember the batch"
    assert (trusted_snapshot(new_home) is not None) == pointer_moved
    again = ingest("synthetic", {"size": "tiny"})
    assert again.snapshot_id == latest_snapshot(new_home).snapshot_id == never_killed
    assert again.tables["interactions"].new == (0 if pointer_moved else again.rows["interactions"])
    assert hidden_below(new_home) == [], "what the killed run left behind is cleared"


def test_two_ingestions_at_the_same_time_take_turns_and_both_arrive(new_home, in_processes, tmp_path):
    """Both are held up until both are there; then nothing but their own lock keeps them apart."""
    people = ("ann", "ben")

    def both_wait(log):
        deadline = time.monotonic() + 120
        while log.read_text(encoding="utf-8").count("✓ start") < len(people):
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-3000:]
            time.sleep(0.1)
        held.close()

    held = ExitStack()
    held.enter_context(only_one(new_home.root, patience=0))
    for name in people:
        (tmp_path / f"{name}.csv").write_text(SCROBBLES, encoding="utf-8")
    with held:
        ended, said = in_processes(
            *(
                ["ingest", "lastfm", str(tmp_path / f"{name}.csv"), "--listener", name, "--accept-consent"]
                for name in people
            ),
            meanwhile=both_wait,
        )
    assert ended == [0, 0], said
    listeners = latest_snapshot(new_home).interactions().data["user_id"].to_pylist()
    assert set(listeners) == {"person:ann", "person:ben"}
    assert listeners.count("person:ann") == listeners.count("person:ben")
    assert hidden_below(new_home) == []
