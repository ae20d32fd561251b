"""How often the test of a canary is wrong, and how soon it finds what is there.

Run: python -m tests.benchmarks.canary_alarms
"""

from __future__ import annotations

import numpy as np

from pipelines.release.policy import OnlineRules
from tests.support.canaries import World, differs_at, naively_differs_at

RULES = OnlineRules()
RUNS = 2_000
FEWER = 300


def main() -> None:
    """Print the share of false alarms, and for some effects how often and after how many listeners they are found."""
    same = World()
    ours = np.mean([differs(same, seed) is not None for seed in range(RUNS)])
    usual = np.mean([naively_differs_at(same, seed, least=RULES.least_listeners) is not None for seed in range(RUNS)])
    print(f"{RUNS:,} canaries like the champion, {same.looks} looks each, {same.listeners:,} listeners:")
    print(f"  called different: {ours:.1%} (at most {RULES.alarm:.0%} is stated); by the usual test {usual:.1%}")
    for effect in (1.1, 1.2, 1.5, 2.0):
        world = World(effect=effect)
        found = [differs(world, seed) for seed in range(FEWER)]
        seen = [look for look in found if look is not None]
        when = f"after {np.median(seen) + 1:.0f} of {world.looks} looks" if seen else "never"
        print(f"  rate x {effect}: found in {len(seen) / FEWER:.0%} of {FEWER} runs, at the median {when}")


def differs(world: World, seed: int) -> int | None:
    """Return the look at which the shipped test calls the two different."""
    return differs_at(world, seed, alarm=RULES.alarm, scale=RULES.scale, least=RULES.least_listeners)


if __name__ == "__main__":
    main()
