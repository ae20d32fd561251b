"""How often the service's alarms fire in a quiet week, and how bad it has to be before they do.

The rules of ``infra/prometheus`` about calls that fail and lists that are slow ask the same of both: that more than a
share of the calls of five minutes was bad, two at least, for some minutes on end. A week is drawn in steps of
Prometheus's fifteen seconds. Monitoring asks the service once an hour; what it hears is judged by the very checks.
Run: python -m tests.benchmarks.false_alarms_of_service
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipelines.monitoring.checks import Check
from pipelines.monitoring.rules import ServiceRules
from pipelines.monitoring.service import ServiceWords, service_checks
from tests.support.weeks import breached

WEEKS = 200
#: Alert -> the share of calls that is bad by chance in a quiet week.
RULES = {"CallsFail": 0.0001, "ListsSlow": 0.001}
CALLS_A_MINUTE = (1, 10, 100, 1_000)
#: How bad it gets, as a share of the calls, for an hour.
DOSES = (0.005, 0.01, 0.02, 0.05, 0.2)
STEP, WINDOW = 15, 300
STEPS_A_WEEK = 7 * 86_400 // STEP
HOUR = 3_600
#: What happens in a quiet week, in seconds: two new versions, for each of which a lone service is away; a promotion a
#: night that it follows at its next look; a database that is away twice while feedback comes, in bytes a second.
RESTARTS, RESTART, FOLLOWS, STORE_AWAY, FEEDBACK = 2, 10.0, 2.0, 30.0, 300.0


def main() -> None:
    """Print the share of weeks with an alarm, quiet ones and such with a bad hour."""
    print(f"| alert | calls a minute | quiet weeks (of {WEEKS}) | {' | '.join(f'{dose:.1%} bad' for dose in DOSES)} |")
    print(f"|---|---:|---:|{'---:|' * len(DOSES)}")
    for alert, by_chance in RULES.items():
        for calls in CALLS_A_MINUTE:
            quiet = sum(week_fires(alert, calls, by_chance, seed) for seed in range(WEEKS))
            found = [np.mean([hour_fires(alert, calls, dose, seed) for seed in range(WEEKS)]) for dose in DOSES]
            print(f"| {alert} | {calls:,} | {quiet} | {' | '.join(f'{share:.0%}' for share in found)} |", flush=True)
    looks = [names for seed in range(WEEKS) if (names := week_of_looks(seed, away=0.0))]
    print(f"\n{WEEKS} quiet weeks of hourly looks: an alarm in {len(looks)}: {looks}")
    for minutes in (10, 30, 60):
        caught = np.mean(["ready" in week_of_looks(seed, away=minutes * 60.0) for seed in range(WEEKS)])
        print(f"a service that is away for {minutes} minutes: found in {caught:.0%}")


def week_fires(alert: str, calls: float, bad: float, seed: int) -> bool:
    """Tell whether an alert fires in a week with busy days and quiet nights."""
    day = 1 + 0.8 * np.sin(np.arange(STEPS_A_WEEK) * STEP * 2 * np.pi / 86_400)
    return fires(alert, calls * STEP / 60 * day, bad, seed)


def hour_fires(alert: str, calls: float, bad: float, seed: int) -> bool:
    """Tell whether an alert fires in an hour in which a share of the calls is bad."""
    return fires(alert, np.full(HOUR // STEP, calls * STEP / 60), bad, seed)


def fires(alert: str, calls: np.ndarray, bad: float, seed: int) -> bool:
    """Tell whether an alert fires where calls come by chance, and are bad by chance.

    Args:
        alert: Its name.
        calls: How many are expected in each step.
        bad: The share that is bad.
        seed: Of the chance.
    """
    limit, least, minutes = rule_of(alert)
    rng = np.random.default_rng([seed, len(alert)])
    come = rng.poisson(calls)
    all_calls, bad_calls = (rolling(each) for each in (come, rng.binomial(come, bad)))
    above = np.r_[0, (bad_calls > limit * all_calls) & (bad_calls > least), 0]
    begins, ends = (np.flatnonzero(np.diff(above) == sign) for sign in (1, -1))
    # It fires once it has been above for that long, so at one step more.
    return bool((ends - begins > minutes * 60 // STEP).any())


def rolling(counts: np.ndarray) -> np.ndarray:
    """Return the sum of the last five minutes at each step."""
    total, steps = np.cumsum(counts), WINDOW // STEP
    total[steps:] -= total[:-steps].copy()
    return total


@cache
def rule_of(alert: str) -> tuple[float, float, float]:
    """Return of an alert the share and the number of bad calls above which it fires, and after how many minutes."""
    groups = yaml.safe_load(Path("infra/prometheus/rules/crossfade.yml").read_text(encoding="utf-8"))["groups"]
    rule: dict[str, Any] = next(each for group in groups for each in group["rules"] if each.get("alert") == alert)
    minutes = float(rule["for"].removesuffix("m"))
    quantile = re.search(r"histogram_quantile\(([\d.]+)", rule["expr"])
    # One in a hundred is slower than the limit where the 99th percentile is.
    first, least = re.findall(r"> ([\d.]+)", rule["expr"])
    return 1 - float(quantile[1]) if quantile else float(first), float(least), minutes


def week_of_looks(seed: int, *, away: float) -> list[str]:
    """Return the checks that are a breach in a week of hourly looks, in which the service is away for some seconds."""
    rng = np.random.default_rng(seed)
    looks = np.arange(168) * HOUR + 40.0 * 60
    gone = intervals(rng, RESTARTS, RESTART) + (intervals(rng, 1, away) if away else [])
    nightly, no_store = intervals(rng, 7, FOLLOWS), intervals(rng, 2, STORE_AWAY)
    return sorted({name for at in looks for name in breached(judged(at, gone, nightly, no_store))})


def judged(at: float, gone: list[range], nightly: list[range], no_store: list[range]) -> tuple[Check, ...]:
    """Judge what the service says at a moment, in seconds of the week."""
    if any(at in each for each in gone):
        return service_checks(ServiceWords("service", ready=False), "new", ServiceRules())
    waits = sum((at - each.start) * FEEDBACK for each in no_store if at in each)
    health: dict[str, Any] = {
        "store": "down" if any(at in each for each in no_store) else "up",
        "spool": waits,
        "refused_bundle": None,
        "refused_trials": [],
        "model_version": "old" if any(at in each for each in nightly) else "new",
        "canary": None,
    }
    return service_checks(ServiceWords("service", ready=True, health=health), "new", ServiceRules())


def intervals(rng: np.random.Generator, count: int, seconds: float) -> list[range]:
    """Return times of the week at which something goes on."""
    begins = rng.integers(0, 7 * 86_400, count)
    return [range(int(begin), int(begin + seconds)) for begin in begins]


if __name__ == "__main__":
    main()
