"""Whether monitoring saw the drifts of a simulated month, and how often it raised an alarm without one."""

from __future__ import annotations

import pytest

from pipelines.monitoring.rules import MonitoringRules
from pipelines.testing.month.account import NightAccount
from pipelines.testing.month.script import Night
from pipelines.testing.month.watching import drifts_seen, monitoring_rules, quiet_nights, unseen, window_days

POPULARITY = ("psi of popularity",)


def month_of(nights, drifts, alarms, unknown=()):
    """Return accounts of so many nights; on some of them tastes change, on some monitoring finds something."""
    return [
        NightAccount(
            Night(day, drift=day in drifts),
            "promoted",
            "",
            champion="a",
            alarms=None if day in unknown else alarms.get(day, ()),
        )
        for day in range(1, nights + 1)
    ]


def test_windows_are_whole_weeks_that_hold_what_a_night_brings():
    # 365 days in 29, in 9 and in 59 parts: 12.6, 40.6 and 6.2 days.
    assert [window_days(nights) for nights in (30, 10, 60)] == [14, 42, 14]


def test_the_rules_of_a_month_are_rules_of_monitoring(tmp_path):
    (tmp_path / "monitoring.toml").write_text(monitoring_rules(30), encoding="utf-8")
    rules, shipped = MonitoringRules.from_toml(tmp_path / "monitoring.toml"), MonitoringRules()
    assert (rules.inputs.days, rules.inputs.windows) == (14, 6)
    assert (rules.inputs.psi, rules.predictions) == (shipped.inputs.psi, shipped.predictions)


@pytest.mark.parametrize(
    ("alarms", "words"),
    [
        ({10: POPULARITY}, "an alarm on night 10 (psi of popularity)"),
        ({13: POPULARITY}, "an alarm on night 13 (psi of popularity)"),
        ({9: POPULARITY, 14: POPULARITY}, "no alarm"),
        # What was raised the night before already says nothing about the drift.
        ({9: POPULARITY, 10: POPULARITY, 11: POPULARITY}, "no alarm"),
        ({9: ("psi of kind",), 10: ("psi of kind", *POPULARITY)}, "an alarm on night 10 (psi of popularity)"),
    ],
)
def test_a_drift_is_seen_on_its_night_or_one_of_the_three_after_it(alarms, words):
    (seen,) = drifts_seen(month_of(30, {10}, alarms))
    assert seen.sentence == f"tastes changed on night 10: monitoring raised {words}"
    assert unseen([seen]) == (() if seen.alarm else (seen.sentence,))


@pytest.mark.parametrize(
    ("nights", "drifts", "unknown", "words"),
    [
        (30, {10}, {11}, "there was too little listening to compare it with"),
        # Seven windows of 14 days are 98 days, what 7.8 nights bring.
        (30, {3, 10}, (), "the weeks it is compared with hold the change of night 3"),
        (30, {28}, (), "the month ends"),
    ],
)
def test_a_drift_that_cannot_be_seen_is_told_and_is_not_wrong(nights, drifts, unknown, words):
    last = drifts_seen(month_of(nights, drifts, {3: POPULARITY}, unknown))[-1]
    assert last.sentence.endswith(f"monitoring raised no alarm, as {words}")
    assert unseen([last]) == ()


def test_a_change_nine_nights_before_hides_nothing():
    assert unseen(drifts_seen(month_of(30, {1, 10}, {1: POPULARITY}))) != ()


def test_alarms_of_quiet_nights_are_counted():
    alarms = {2: ("psi of kind",), 10: POPULARITY, 13: POPULARITY}
    # Of 30 nights four are about the drift, and on one nothing can be said.
    assert quiet_nights(month_of(30, {10}, alarms, {1})) == (
        "monitoring raised an alarm on 1 of 25 quiet nights: night 2 (psi of kind)"
    )
    assert quiet_nights(month_of(4, (), {})) == "monitoring raised an alarm on 0 of 4 quiet nights"
