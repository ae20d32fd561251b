"""Drift of what comes in: counted by hand, and on weeks of the synthetic world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow.compute as pc
import pytest

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable
from pipelines.monitoring.inputs import input_checks
from pipelines.monitoring.rules import InputRules
from pipelines.monitoring.windows import by_time, of_two
from tests.support import weeks
from tests.support.catalogues import catalogue, track
from tests.support.dirty_tables import interaction, rows

END = datetime(2026, 6, 29, 12, tzinfo=UTC)
RULES = InputRules(days=7, windows=2, least_windows=2, least_rows=2)
TRACKS = catalogue(
    track("t:1", "One", **{c.ENERGY: 0.1, c.DURATION_MS: 60_000}),
    track("t:2", "Two", **{c.ENERGY: 0.9, c.DURATION_MS: 60_000}),
    track("t:3", "Three"),
)


def play(user, track_id, days_ago, **more):
    return interaction(**{"user_id": user, "track_id": track_id, "at": END - timedelta(days=days_ago), **more})


def table(*played):
    return rows(InteractionTable.schema, played)


def named(checks):
    return {check.name: check for check in checks}


def breaches(windows):
    return weeks.breached(input_checks(windows, InputRules()))


def test_rows_are_counted_in_their_window():
    listening = table(
        play("ann", "t:1", 0),
        play("ann", "t:3", 6.9),
        play("bob", "gone", 1),
        play("bob", "t:2", 7),  # a week ago to the second: the window before
        play("bob", "t:2", 20.9),
        play("eve", "t:1", 21),  # too long ago
    )
    windows = by_time([listening], TRACKS, END, RULES)
    assert windows.rows.tolist() == [1, 1, 3]
    assert windows.listeners.tolist() == [1, 1, 2]
    assert windows.known.tolist() == [1, 1, 2]
    assert windows.silent.tolist() == [0, 0, 1]
    assert windows.tracks.tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert windows.features[c.ENERGY].sum(axis=1).tolist() == [1, 1, 1]


def test_in_how_many_batches_rows_come_changes_nothing():
    of = weeks.world(7, "tiny")
    end, rules = weeks.week_ends(1)[0], InputRules()
    listening = of.until(end, 63)
    people = sorted(set(listening[c.USER_ID].to_pylist()))
    parts = [listening.filter(pc.equal(listening[c.USER_ID], person)) for person in people]
    whole, divided = by_time([listening], of.tracks, end, rules), by_time(parts, of.tracks, end, rules)
    assert whole.listeners.tolist() == divided.listeners.tolist()
    assert all(np.array_equal(whole.features[name], divided.features[name]) for name in whole.features)


def test_rows_without_a_time_are_in_no_window():
    windows = by_time([table(interaction(track_id="t:1", at=None))], TRACKS, END, RULES)
    assert windows.rows.tolist() == [0, 0, 0]


def test_where_hardly_anything_is_there_nothing_is_called_a_breach():
    checks = input_checks(by_time([table(play("ann", "t:1", 0))], TRACKS, END, RULES), RULES)
    assert {check.verdict for check in checks} == {"unknown"}


def test_a_week_without_rows_is_a_breach_of_the_volume_and_of_nothing_else():
    usual = [play("ann", "t:1", 8 + 7 * week) for week in range(2) for _ in range(100)]
    checks = input_checks(by_time([table(*usual, play("ann", "t:1", 0))], TRACKS, END, RULES), RULES)
    assert weeks.breached(checks) == ["volume of interactions"]
    volume = named(checks)["volume of interactions"]
    assert (volume.figure, volume.threshold) == (pytest.approx(0.01), pytest.approx(1 / 1.5))
    assert volume.sentence == "1 interactions, 0.01 times the usual; 0.67 to 1.50 is allowed"


def test_a_threshold_gives_way_where_quiet_windows_differ_more():
    # 100 and 300 rows before: each is three times, or a third of, the other; so 3^1.5 = 5.2 times is still noise.
    usual = [play("ann", "t:1", 8 + 7 * week) for week, many in ((0, 100), (1, 300)) for _ in range(many)]
    now = [play("ann", "t:1", 0)] * 700
    volume = named(input_checks(by_time([table(*usual, *now)], TRACKS, END, RULES), RULES))["volume of interactions"]
    assert (volume.figure, volume.threshold) == (pytest.approx(3.5), pytest.approx(3**1.5))
    assert volume.verdict == "quiet"


def test_weeks_without_rows_say_nothing_of_what_is_usual():
    # Four weeks of 100, then one row in four weeks: what was before is left out, and the rest is nothing.
    usual = [play("ann", "t:1", 33 + 7 * week) for week in range(4) for _ in range(100)]
    rules = InputRules(least_rows=2)
    listening = table(*usual, play("ann", "t:1", 29), *[play("ann", "t:1", 0)] * 100)
    checks = named(input_checks(by_time([listening], TRACKS, END, rules), rules))
    assert checks["volume of interactions"].verdict == "unknown"


def test_a_drift_four_weeks_ago_hides_no_second_one_and_the_sentence_says_what_is_left_out():
    weekly = [100] * 4 + [300] * 4 + [900]
    listening = table(*(play("ann", "t:1", 56 - 7 * week) for week, many in enumerate(weekly) for _ in range(many)))
    volume = named(input_checks(by_time([listening], TRACKS, END, InputRules()), InputRules()))[
        "volume of interactions"
    ]
    assert (volume.figure, volume.threshold, volume.verdict) == (3.0, pytest.approx(1.5), "breach")
    assert volume.sentence.endswith("0.67 to 1.50 is allowed (4 earlier windows that had drifted are left out)")


def test_tracks_that_are_not_known_lower_the_join_rate():
    usual = [play("ann", "t:1", 8 + 7 * week) for week in range(2) for _ in range(100)]
    now = [play("ann", "t:1", 0)] * 90 + [play("ann", "gone", 0)] * 10
    join = named(input_checks(by_time([table(*usual, *now)], TRACKS, END, RULES), RULES))["join rate"]
    assert (join.figure, join.threshold, join.verdict) == (pytest.approx(0.9), pytest.approx(0.98), "breach")
    assert join.sentence == "90.0% of the interactions are about known tracks, 100.0% before; 98.0% would be allowed"


def test_two_snapshots_of_the_same_listening_are_alike_and_others_are_not():
    before = table(*(play(f"listener {n}", f"t:{1 + n % 2}", 0, at=None) for n in range(400)))
    after = table(*(play(f"listener {n}", "t:2", 0, at=None) for n in range(400)))
    assert weeks.breached(input_checks(of_two([before], [before], TRACKS, RULES), RULES)) == []
    found = named(input_checks(of_two([before], [after], TRACKS, RULES), RULES))
    assert found["psi of energy"].verdict == found["ks of energy"].verdict == "breach"
    assert found["ks of energy"].figure == pytest.approx(0.5)
    assert found["volume of interactions"].figure == 1.0


@pytest.mark.parametrize("weekday", range(7))
def test_weekends_are_no_drift_because_windows_are_whole_weeks(weekday):
    # Three times as much on two days of the week, and other music.
    days = [(day, (day + weekday) % 7 < 2) for day in range(63)]
    played = [play("ann", "t:2" if free else "t:1", day) for day, free in days for _ in range(60 if free else 20)]
    assert weeks.breached(input_checks(by_time([table(*played)], TRACKS, END, InputRules()), InputRules())) == []


def test_windows_of_another_length_would_take_weekends_for_drift():
    played = [play("ann", "t:2" if day % 7 < 2 else "t:1", day) for day in range(63) for _ in range(150)]
    rules = InputRules(days=2, windows=3, least_windows=2)
    found = input_checks(by_time([table(*played)], TRACKS, END, rules), rules)
    assert "psi of energy" in weeks.breached(found)


def test_quiet_weeks_of_a_world_raise_no_alarm():
    alarms = [
        (seed, end, name)
        for seed in (1, 2)
        for end in weeks.week_ends(12)
        for name in breaches(weeks.windows_of_week(weeks.world(seed), end, InputRules()))
    ]
    assert alarms == []


@pytest.mark.parametrize(
    ("drift", "names"),
    [
        (weeks.tastes_move(0.5), {"psi of popularity"}),
        (weeks.sound_moves(1.0), {"ks of energy"}),
        (weeks.rows_stay_away(0.5), {"volume of interactions"}),
        (weeks.tracks_become_unknown(0.05), {"join rate"}),
        (weeks.plays_get_shorter(0.7), {"psi of played_ms", "ks of played_ms"}),
        (weeks.hours_move(0.5), {"psi of hour"}),
    ],
    ids=["tastes", "sound", "volume", "join rate", "lengths", "hours"],
)
def test_a_drift_is_caught_and_called_by_its_name(drift, names):
    found = [
        set(breaches(weeks.windows_of_week(weeks.world(1), end, InputRules(), drift))) for end in weeks.week_ends(6)
    ]
    assert all(names <= each for each in found), found
