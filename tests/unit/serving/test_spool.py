import os
import signal
import subprocess
import sys

import pytest

from pipelines.data.feedback import Event
from pipelines.errors import StoreError
from serving.store.spool import Spool
from tests.support.served import ROOT
from tests.support.stores import event

#: Appends events one by one and says so after each, until it is killed.
APPEND = """
import sys
from itertools import count
from pathlib import Path
from serving.store.spool import Spool
from tests.support.stores import event

spool = Spool(Path(sys.argv[1]))
for number in count():
    spool.append([event(f"e{number}")])
    print(number, flush=True)
"""


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path / "spool")


def test_what_is_put_in_comes_out_in_order(spool):
    events = [event("a"), event("b", "play", "t\u2028\n", ms_played=3), event("c", listener_id="bob")]
    spool.append(events[:2])
    spool.append(events[2:])
    stored: list[Event] = []
    assert spool.events() == events
    assert spool.events("bob") == events[2:]
    assert spool.drain(stored.extend) == 3
    assert stored == events
    assert (spool.size(), spool.events(), spool.drain(stored.extend)) == (0, [], 0)


def test_what_cannot_be_stored_stays(spool):
    spool.append([event("a")])

    def fail(_):
        raise StoreError("away")

    with pytest.raises(StoreError):
        spool.drain(fail)
    assert spool.events() == [event("a")]


def test_a_line_that_was_broken_off_costs_no_other_one(spool, tmp_path):
    spool.append([event("a")])
    with (tmp_path / "spool" / "events.jsonl").open("ab") as file:
        file.write(b'{"listener_id": "ada", "eve')
    spool.append([event("b")])
    assert spool.events() == [event("a"), event("b")]
    stored: list[Event] = []
    assert spool.drain(stored.extend) == 2
    assert stored == [event("a"), event("b")]


def test_an_event_that_no_store_can_keep_does_not_hold_up_the_others(spool):
    spool.append([event("a", track="t\0"), event("b", track=r"t\u0000")])
    stored: list[Event] = []
    assert spool.drain(stored.extend) == 1
    assert (stored, spool.size()) == ([event("b", track=r"t\u0000")], 0)


def test_what_was_answered_survives_a_kill(tmp_path):
    folder = tmp_path / "spool"
    with subprocess.Popen([sys.executable, "-c", APPEND, str(folder)], cwd=ROOT, stdout=-1, text=True) as process:
        told = [int(process.stdout.readline()) for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().splitlines()]
    kept = [each.event_id for each in Spool(folder).events()]
    assert kept[: len(told)] == [f"e{number}" for number in told]


def test_one_listeners_events_are_taken_out_once_the_rest_has_gone_well(spool):
    spool.append([event("a"), event("b", listener_id="bob"), event("c")])

    def take_out(and_then):
        with spool.without("ada") as count:
            and_then(count)

    with pytest.raises(ZeroDivisionError):
        take_out(lambda count: count / 0)
    assert len(spool.events()) == 3
    counts: list[int] = []
    take_out(counts.append)
    assert counts == [2]
    assert spool.events() == [event("b", listener_id="bob")]


def test_it_is_its_owners_alone(spool, tmp_path):
    spool.append([event("a")])
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    assert (tmp_path / "spool" / "events.jsonl").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="feedback cannot be kept"):
        Spool(tmp_path / "file").append([event("a")])
