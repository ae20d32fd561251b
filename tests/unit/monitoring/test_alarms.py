"""Which alarms are sent: new ones, grown ones, and those that go on for a day; never the same one every hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipelines.monitoring.alarms import Sent, alarms_of, due, kept
from pipelines.monitoring.checks import MonitoringReport, at_most

START = datetime(2026, 11, 26, tzinfo=UTC)


def report(hour, *broken):
    checks = [
        at_most("psi", name, 1.0 if name in broken else 0.0, 0.5, f"{name} moved") for name in ("energy", "tempo")
    ]
    checks.append(at_most("age", "champion", 9.0 if "champion" in broken else 0.0, 3.0, "it is old"))
    return MonitoringReport((START + timedelta(hours=hour)).isoformat(), {}, "rules", tuple(checks))


def lived(*looks):
    """Return what is sent at each look, as the hour and the event."""
    sent: dict[str, Sent] = {}
    found: list[tuple[int, str]] = []
    for hour, *broken in looks:
        alarms = alarms_of(report(hour, *broken))
        now = due(alarms, sent, repeat_hours=24)
        sent = kept(alarms, now, sent)
        found += [(hour, alarm.event) for alarm in now]
    return found


def test_a_breach_that_goes_on_is_sent_once_a_day():
    looks = [(hour, "energy") for hour in range(50)]
    assert lived(*looks) == [(0, "crossfade.drift"), (24, "crossfade.drift"), (48, "crossfade.drift")]


def test_a_breach_that_grows_is_sent_again_and_one_that_shrinks_is_not():
    assert lived((0, "energy"), (1, "energy", "tempo"), (2, "tempo")) == [
        (0, "crossfade.drift"),
        (1, "crossfade.drift"),
    ]


def test_after_a_quiet_look_the_next_breach_is_a_new_one():
    assert lived((0, "energy"), (1,), (2, "energy")) == [(0, "crossfade.drift"), (2, "crossfade.drift")]


def test_groups_have_alarms_of_their_own():
    assert lived((0, "energy"), (1, "energy", "champion")) == [(0, "crossfade.drift"), (1, "crossfade.stale")]


def test_a_clock_that_goes_backwards_silences_nothing():
    assert lived((0, "energy"), (-1, "energy")) == [(0, "crossfade.drift"), (-1, "crossfade.drift")]


def test_an_alarm_says_what_is_wrong():
    (alarm,) = alarms_of(report(0, "tempo", "energy"))
    assert alarm.headline == "inputs: psi of energy, psi of tempo"
    assert alarm.sentences == ("energy moved", "tempo moved")
