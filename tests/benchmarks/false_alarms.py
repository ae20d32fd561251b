"""How often monitoring raises an alarm in a quiet week, which drifts it finds, and which after an earlier one.

Weeks are drawn from the synthetic world, in which tastes, tracks and listeners come and go slowly as planted; the
checks are the shipped ones with the shipped thresholds. Run: python -m tests.benchmarks.false_alarms
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from scipy.special import kolmogorov
from scipy.stats import false_discovery_control

from pipelines.monitoring.distances import ks
from pipelines.monitoring.features import UNORDERED
from pipelines.monitoring.inputs import input_checks
from pipelines.monitoring.outcomes import outcome_checks
from pipelines.monitoring.rules import InputRules, OutcomeRules
from pipelines.monitoring.windows import Windows, by_time
from tests.support import weeks

RULES = InputRules()
#: Size of the world -> its seeds, and how many of its last weeks are looked at.
QUIET = {"small": (range(1, 5), 50), "medium": (range(1, 3), 50)}
#: One listener of so many is left where few listen.
FEWER = (5, 2)
DRIFTING = 25
DRIFTS: Mapping[str, tuple[object, ...]] = {
    "tastes_move": (0.1, 0.2, 0.3, 0.4, 0.6),
    "sound_moves": (0.2, 0.4, 0.6, 0.8, 1.0),
    "rows_stay_away": (0.2, 0.3, 0.4, 0.6),
    "tracks_become_unknown": (0.01, 0.03, 0.1),
    "plays_get_shorter": (0.95, 0.9, 0.8, 0.6),
    "hours_move": (0.1, 0.2, 0.3, 0.5),
}
#: A drift that is found the first time -> its size.
FOUND = {
    "tastes_move": 0.6,
    "sound_moves": 0.4,
    "rows_stay_away": 0.6,
    "tracks_become_unknown": 0.1,
    "plays_get_shorter": 0.8,
    "hours_move": 0.5,
}
#: What the last weeks are like -> how often the drift has come by then, the newest week last.
AFTERWARDS: Mapping[str, Sequence[int]] = {
    **{f"a second one {weeks_ago} weeks later": (*[1] * weeks_ago, 2) for weeks_ago in (1, 2, 3, 4, 6, 8)},
    "the first one three weeks after an odd week": (1, 0, 0, 1),
    "the first one three weeks after an outage of two": (1, 1, 0, 0, 1),
    "back to what was four weeks ago": (1, 1, 1, 1, 0),
    **{f"nothing new for {weeks_ago} weeks": (*[1] * weeks_ago, 1) for weeks_ago in (1, 2, 3, 4, 6)},
    "nothing new, three weeks after an odd week": (1, 0, 0, 0),
}


def main() -> None:
    """Print the share of quiet weeks with an alarm, and of drifting ones, by kind and size of drift."""
    for world, (seeds, count) in QUIET.items():
        quiet_weeks(world, seeds, count)
    few_rows()
    outcome_weeks(200)
    print(f"\n| drift in the newest week | size | found in (of {2 * DRIFTING} weeks) |\n|---|---:|---:|")
    for name, sizes in DRIFTS.items():
        for size in sizes:
            drift = getattr(weeks, name)(size)
            found = [bool(names) for names in alarms("small", (1, 2), DRIFTING, drift)]
            print(f"| {name.replace('_', ' ')} | {size} | {np.mean(found):.0%} |")
    later_drifts()


def quiet_weeks(size: str, seeds: Iterable[int], count: int) -> None:
    """Print the alarms of quiet weeks: ours, without the noise floor, and by a test corrected for many features."""
    ours = list(alarms(size, seeds, count))
    bare = list(alarms(size, seeds, count, rules=RULES.model_copy(update={"noise": 0.0})))
    tests = [significant(size, seed, end) for seed in seeds for end in weeks.week_ends(count)]
    rows = np.mean([weeks.world(seed, size).until(end, 7).num_rows for seed in seeds for end in weeks.week_ends(count)])
    print(f"{len(ours)} quiet weeks of the {size} world, {rows:,.0f} rows a week on average:")
    print(f"  an alarm in {sum(map(bool, ours))}: {dict(Counter(name for names in ours for name in names))}")
    print(f"  thresholds without the noise floor: {sum(map(bool, bare))}: {dict(Counter(n for b in bare for n in b))}")
    print(f"  Kolmogorov-Smirnov tests, Benjamini-Hochberg at 5 %: {sum(tests)}")


def few_rows() -> None:
    """Print how many quiet weeks have an alarm where few listen, by how far off a week is that is left out."""
    seeds, count = QUIET["small"]
    for part in FEWER:
        worlds = [weeks.sparse_world(seed, part) for seed in seeds]
        quiet = [weeks.windows_of_week(world, end, RULES) for world in worlds for end in weeks.week_ends(count)]
        rows = np.mean([windows.rows[-1] for windows in quiet])
        found = ", ".join(f"{alarms_at(quiet, at)} with outlier {at:g}" for at in (RULES.outlier, 3.0, np.inf))
        print(f"{len(quiet)} quiet weeks of {rows:,.0f} rows: an alarm in {found}", flush=True)


def alarms_at(quiet: Sequence[Windows], outlier: float) -> int:
    """Return how many weeks have an alarm where past weeks so far off are left out."""
    rules = RULES.model_copy(update={"outlier": outlier})
    return sum(bool(weeks.breached(input_checks(windows, rules))) for windows in quiet)


def later_drifts() -> None:
    """Print the share of weeks with an alarm after an earlier drift; in brackets, were no past week left out."""
    print(f"\n| the newest weeks | {' | '.join(f'{name} {size}' for name, size in FOUND.items())} |")
    print(f"|---|{'---:|' * len(FOUND)}")
    for what, times in AFTERWARDS.items():
        found = [np.mean(list(both_ways(getattr(weeks, name)(size), times)), axis=0) for name, size in FOUND.items()]
        print(f"| {what} | {' | '.join(f'{ours:.0%} ({without:.0%})' for ours, without in found)} |", flush=True)


def both_ways(drift: weeks.Drift, times: Sequence[int]) -> Iterator[tuple[bool, bool]]:
    """Yield for each week whether there is an alarm, and whether there were one if no past week were left out."""
    all_stay = RULES.model_copy(update={"outlier": np.inf})
    for seed in (1, 2):
        for end in weeks.week_ends(DRIFTING):
            windows = weeks.windows_of_week(weeks.world(seed), end, RULES, drift, seed, times)
            ours, without = (bool(weeks.breached(input_checks(windows, rules))) for rules in (RULES, all_stay))
            yield ours, without


def alarms(
    size: str, seeds: Iterable[int], count: int, drift: weeks.Drift | None = None, rules: InputRules = RULES
) -> Iterator[list[str]]:
    """Yield the names of the breaches of each week."""
    for seed in seeds:
        for end in weeks.week_ends(count):
            windows = weeks.windows_of_week(weeks.world(seed, size), end, rules, drift, seed)
            yield weeks.breached(input_checks(windows, rules))


def significant(size: str, seed: int, end: datetime) -> bool:
    """Tell whether the usual test, as if all rows were independent, finds any feature that has moved."""
    of = weeks.world(seed, size)
    windows = by_time([of.until(end, RULES.days * (RULES.windows + 1))], of.tracks, end, RULES)
    chances = []
    for name, counts in windows.features.items():
        if name not in UNORDERED and counts[-1].any():
            n, m = counts[-1].sum(), counts[:-1].sum()
            chances.append(kolmogorov(ks(counts[-1], counts[:-1]) * np.sqrt(n * m / (n + m))))
    return bool((false_discovery_control(chances) < 0.05).any())


def outcome_weeks(count: int) -> None:
    """Print the alarms of weeks in which three models are liked and skipped like those before them."""
    rules, found = OutcomeRules(), 0
    for seed in range(count):
        rng = np.random.default_rng(seed)
        before = listeners(rng, 2_000)
        now = pd.concat([listeners(rng, 300).assign(model_version=f"m{number}") for number in range(3)])
        found += any(check.verdict == "breach" for check in outcome_checks(now, before, rules))
    print(f"{count} quiet weeks of three models, 300 listeners each: an alarm in {found}")


def listeners(rng: np.random.Generator, count: int) -> pd.DataFrame:
    """Return listeners who like and skip each at their own rate."""
    lists = 1 + rng.poisson(5, count)
    own = {"likes": rng.gamma(1.0, 0.2, count), "skips": rng.gamma(1.0, 0.5, count)}
    return pd.DataFrame({"lists": lists, **{kind: rng.poisson(rate * lists) for kind, rate in own.items()}})


if __name__ == "__main__":
    main()
