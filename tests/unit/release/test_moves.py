from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import CrossfadeError, ReleaseError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release import events, moves
from pipelines.release.bundle import MANIFEST
from pipelines.release.events import read_events
from pipelines.release.moves import (
    Author,
    end_trial,
    mend,
    replace_bundle,
    rollback,
    set_champion,
    start_canary,
    start_shadow,
)
from pipelines.release.states import Champion, Trial, bundle_path, read_releases, releases_from

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ANNA = Author("anna", NOON)


@pytest.fixture
def home(tmp_path):
    """A home with three bundles, none of them served. The moves look only whether a bundle is there."""
    home = Home(tmp_path)
    for name in ("one", "two", "three"):
        bundle_path(home, name).mkdir(parents=True)
        (bundle_path(home, name) / MANIFEST).write_text("{}")
    return home


@pytest.fixture
def served(home):
    set_champion(home, "one", "first", ANNA)
    return home


def log_of(home):
    return [(entry.event.step, entry.event.move, entry.event.bundle_id) for entry in read_events(home.release_events)]


def test_every_move_is_written_down_with_who_when_and_why(served):
    start_shadow(served, "two", "looks good", Author("ben", NOON + timedelta(hours=1)))
    start_canary(served, "two", 0.1, "still does", ANNA)
    set_champion(served, "two", "better", ANNA)
    rollback(served, "complaints", ANNA)
    assert log_of(served) == [
        (1, "promote", "one"),
        (2, "shadow", "two"),
        (3, "canary", "two"),
        (4, "promote", "two"),
        (5, "rollback", "one"),
    ]
    second = read_events(served.release_events)[1].event
    assert (second.who, second.at, second.why) == ("ben", "2026-11-26T13:00:00+00:00", "looks good")


def test_a_shadow_becomes_canary_and_the_canary_champion(served):
    assert start_shadow(served, "two", "try", ANNA).shadow == Trial("two", 0.0, "2026-11-26T12:00:00+00:00", "try")
    state = start_canary(served, "two", 0.1, "show", ANNA)
    assert (state.shadow, state.canary.bundle_id, state.champion.bundle_id) == (None, "two", "one")
    set_champion(served, "two", "better", ANNA)
    after = read_releases(served)
    assert (after.champion.bundle_id, after.champion.previous) == ("two", "one")
    assert after.shadow is after.canary is None


def test_trials_end_when_the_champion_changes_because_they_were_compared_with_the_one_before(served):
    start_shadow(served, "two", "try", ANNA)
    set_champion(served, "three", "better", ANNA)
    assert read_releases(served).shadow is None


def test_a_canary_and_a_shadow_of_two_bundles_live_side_by_side_and_end_alone(served):
    start_canary(served, "two", 0.1, "show", ANNA)
    start_shadow(served, "three", "try", ANNA)
    assert end_trial(served, "canary", "skips", ANNA).in_use() == {"champion": "one", "shadow": "three"}
    assert end_trial(served, "shadow", "slow", ANNA).in_use() == {"champion": "one"}
    with pytest.raises(ReleaseError, match="there is no canary"):
        end_trial(served, "canary", "again", ANNA)


def test_the_share_of_a_canary_can_be_raised_and_it_stays_the_same_canary(served):
    start_canary(served, "two", 0.1, "show", ANNA)
    later = start_canary(served, "two", 0.5, "so far so good", Author("anna", NOON + timedelta(days=1))).canary
    assert (later.share, later.since) == (0.5, "2026-11-26T12:00:00+00:00")


def test_a_canary_whose_bundle_is_written_anew_keeps_its_listeners(served):
    listeners = [f"listener-{number}" for number in range(100)]
    before = start_canary(served, "two", 0.5, "show", ANNA)
    after = replace_bundle(served, "two", "three", "a listener was forgotten", ANNA)
    answering = {"one": "one", "two": "three"}
    assert [after.answering(each) for each in listeners] == [answering[before.answering(each)] for each in listeners]


@pytest.mark.parametrize(
    ("move", "words"),
    [
        (lambda home: start_shadow(home, "one", "why"), "'one' is the champion already"),
        (lambda home: start_canary(home, "one", 0.1, "why"), "'one' is the champion already"),
        (lambda home: start_shadow(home, "gone", "why"), "there is no bundle 'gone'"),
        (lambda home: start_canary(home, "gone", 0.1, "why"), "there is no bundle 'gone'"),
        (lambda home: start_canary(home, "three", 0.1, "why"), "'two' is the canary already"),
        (lambda home: start_shadow(home, "two", "why"), "'two' is the canary, which listeners see"),
        (lambda home: start_canary(home, "two", 0.0, "why"), "0.0 is no share"),
        (lambda home: start_canary(home, "two", 1.0, "why"), "1.0 is no share"),
        (lambda home: start_canary(home, "two", float("nan"), "why"), "nan is no share"),
        (rollback, "no previous champion"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(served, move, words):
    before = start_canary(served, "two", 0.1, "show", ANNA)
    with pytest.raises(ReleaseError, match=words):
        move(served)
    assert read_releases(served) == before
    assert len(log_of(served)) == 2


def test_nothing_is_tried_where_there_is_no_champion(home):
    for trial in (lambda: start_shadow(home, "two", "why"), lambda: start_canary(home, "two", 0.1, "why")):
        with pytest.raises(ReleaseError, match="no champion to try it beside"):
            trial()


def test_a_decision_made_against_an_earlier_champion_does_not_count(served):
    set_champion(served, "two", "somebody was faster", ANNA)
    with pytest.raises(ReleaseError, match="the champion is 'two' by now, and the decision was made against 'one'"):
        set_champion(served, "three", "beats one", ANNA, instead_of="one")
    assert read_releases(served).champion.bundle_id == "two"


def test_while_somebody_moves_another_waits_and_then_refuses(served, monkeypatch):
    monkeypatch.setattr(moves, "_PATIENCE_SECONDS", 0.0)
    with only_one(served.releases, patience=0), pytest.raises(CrossfadeError, match="another process is at work"):
        set_champion(served, "two", "better")
    assert read_releases(served).champion.bundle_id == "one"


def test_the_champion_file_of_an_earlier_release_is_read_and_moved_on_from(home):
    old = {"bundle_id": "one", "previous": None, "since": "2026-07-01T08:00:00+00:00", "reason": "first"}
    home.champion.write_text(json.dumps(old))
    assert read_releases(home).champion == Champion(**old)
    set_champion(home, "two", "better", ANNA)
    assert log_of(home) == [(1, "promote", "two")]
    assert read_releases(home).champion.previous == "one"


def test_where_the_clock_goes_backwards_time_stands_still_and_the_order_stays(served):
    set_champion(served, "two", "better", Author("anna", NOON - timedelta(days=30)))
    assert read_releases(served).champion.since == "2026-11-26T12:00:00+00:00"
    assert [step for step, *_ in log_of(served)] == [1, 2]


def test_a_damaged_state_is_written_again_from_the_log(served):
    start_canary(served, "two", 0.1, "show", ANNA)
    before = read_releases(served)
    for damage in ("{", "[]", "null", '{"bundle_id": 3}', before_with(before, share=2.0)):
        served.champion.write_text(damage)
        with pytest.raises(ReleaseError, match=r"cannot be read.*--mend"):
            read_releases(served)
        assert mend(served) == before == read_releases(served)


def before_with(state, share):
    return json.dumps(replace(state, canary=replace(state.canary, share=share)).to_json())


def test_without_a_log_a_damaged_state_cannot_be_mended_and_the_error_says_what_to_do(home):
    home.champion.write_text("{")
    with pytest.raises(ReleaseError, match=r"log of releases is empty.*promote again"):
        mend(home)


def test_a_damaged_line_of_the_log_is_named_and_does_not_hold_up_a_move(served):
    with served.release_events.open("a") as file:
        file.write("not json\n")
    set_champion(served, "two", "better", ANNA)
    with pytest.raises(ReleaseError, match=r"line 2: the log of releases is damaged"):
        read_events(served.release_events)


def test_a_line_that_was_cut_off_makes_way_and_the_move_is_written_down_later(served):
    whole = served.release_events.read_bytes()
    start_shadow(served, "two", "try", ANNA)
    served.release_events.write_bytes(served.release_events.read_bytes()[: len(whole) + 20])
    assert log_of(served) == [(1, "promote", "one")]
    end_trial(served, "shadow", "slow", ANNA)
    assert log_of(served) == [(1, "promote", "one"), (2, "shadow", "two"), (3, "end shadow", "two")]


def test_a_full_disk_before_the_state_is_replaced_leaves_the_old_one(served, monkeypatch):
    def full(*_):
        raise CrossfadeError("the disk is full", remedy="Free some space and run again")

    monkeypatch.setattr(moves, "write_text", full)
    with pytest.raises(CrossfadeError, match="disk is full"):
        set_champion(served, "two", "better", ANNA)
    assert read_releases(served).champion.bundle_id == "one"


def test_a_full_disk_after_it_leaves_the_new_one_and_the_log_follows(served, monkeypatch):
    def full(*_):
        raise CrossfadeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(events, "append_line", full)
        with pytest.raises(ReleaseError, match="the move is made, and the log could not follow: the disk is full"):
            set_champion(served, "two", "better", ANNA)
    assert read_releases(served).champion.bundle_id == "two"
    rollback(served, "complaints", ANNA)
    assert log_of(served) == [(1, "promote", "one"), (2, "promote", "two"), (3, "rollback", "one")]


#: Makes a canary of "two" the champion and dies at the n-th call of one function.
_KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines import atomic
from pipelines.home import Home
from pipelines.release import events, moves

def dies(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
stage = sys.argv[2]
if stage == "before the old move is in the log": events.append_line = dies
if stage == "before the new state": moves.write_text = dies
if stage == "while the new state is written": os.fsync = dies
if stage == "before the new state takes its place": atomic.Path.replace = dies
if stage == "before the new move is in the log":
    moves.append_event = lambda path, event, state: event.step == 2 and dies()
moves.set_champion(Home(Path(sys.argv[1])), "two", "better")
"""
_STAGES = {
    "before the old move is in the log": "one",
    "before the new state": "one",
    "while the new state is written": "one",
    "before the new state takes its place": "one",
    "before the new move is in the log": "two",
    "never": "two",
}


@pytest.mark.parametrize("stage", _STAGES)
def test_a_move_killed_at_any_step_leaves_the_old_or_the_new_state_and_the_next_goes_on(home, stage):
    set_champion(home, "one", "first", ANNA)
    if stage == "before the old move is in the log":
        home.release_events.unlink()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(home.root), stage], check=False, capture_output=True)
    assert killed.returncode == (0 if stage == "never" else -signal.SIGKILL), killed.stderr.decode()
    assert read_releases(home).champion.bundle_id == _STAGES[stage]
    set_champion(home, "two", "better", ANNA)
    set_champion(home, "three", "best", ANNA)
    assert log_of(home) == [(1, "promote", "one"), (2, "promote", "two"), (3, "promote", "three")]


def test_what_the_state_says_of_a_bundle(served):
    set_champion(served, "two", "better", ANNA)
    state = start_canary(served, "three", 0.2, "show", ANNA)
    roles = {name: state.role_of(name) for name in ("one", "two", "three", "four")}
    assert roles == {"one": "previous", "two": "champion", "three": "canary", "four": "candidate"}


def test_a_state_is_the_same_after_reading(served):
    state = start_canary(served, "two", 0.2, "show", ANNA)
    assert releases_from(json.loads(json.dumps(state.to_json()))) == state
