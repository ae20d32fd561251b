"""What listeners do with the lists of each model: likes and skips for each list, beside those of the weeks before.

Here a test has its place: listeners are independent, and there are few enough of them for chance to matter. A breach is
a difference that is large *and* real; how many are called real without being so is held by the procedure of Benjamini
and Hochberg (1995) over all models and both figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from pipelines.monitoring.checks import Check, unknown
from pipelines.monitoring.rules import OutcomeRules
from pipelines.release.online import LIKES, LISTS, MODEL_VERSION, SKIPS, rate_and_variance


@dataclass(frozen=True)
class _Test:
    """One model and figure before it is judged.

    Attributes:
        kind: "likes" or "skips".
        version: The model.
        rate: Events for each list now.
        before: The same in the weeks before.
        listeners: Who saw the model's lists.
        p: The chance of a difference as bad where there is none.
    """

    kind: str
    version: str
    rate: float
    before: float
    listeners: int
    p: float


def outcome_checks(now: pd.DataFrame, before: pd.DataFrame, rules: OutcomeRules) -> tuple[Check, ...]:
    """Judge what listeners do with lists.

    Args:
        now: One row a listener and model: ``model_version``, ``lists`` shown, ``likes``, ``skips``.
        before: The weeks before, one row a listener; the same columns without the model.
        rules: The thresholds.
    """
    seen = now[now[LISTS] > 0]
    sizes = seen.groupby(MODEL_VERSION).size()
    few = [
        unknown(kind, str(version), f"{kind} of {version}: {count:,} listeners saw it, too few to say")
        for version, count in sizes[sizes < rules.least_listeners].items()
        for kind in (LIKES, SKIPS)
    ]
    past = before[before[LISTS] > 0]
    tests = [
        _test(kind, str(version), seen[seen[MODEL_VERSION] == version], past, rules)
        for version in sizes[sizes >= rules.least_listeners].index
        for kind in (LIKES, SKIPS)
    ]
    known = [test for test in tests if math.isfinite(test.p)]
    real = false_discovery_control([test.p for test in known]) if known else np.empty(0)
    adjusted = {id(test): float(p) for test, p in zip(known, real, strict=True)}
    return (*(_judge(test, adjusted.get(id(test)), rules) for test in tests), *few)


def _test(kind: str, version: str, arm: pd.DataFrame, past: pd.DataFrame, rules: OutcomeRules) -> _Test:
    rate, variance = _rate(arm, kind)
    before, past_variance = _rate(past, kind)
    total = variance + past_variance
    p = math.nan
    if len(past) >= rules.least_listeners and total > 0 and before > 0:
        worse = rate - before if kind == SKIPS else before - rate
        p = float(norm.sf(worse / math.sqrt(total)))
    return _Test(kind, version, rate, before, len(arm), p)


def _rate(rows: pd.DataFrame, kind: str) -> tuple[float, float]:
    return rate_and_variance(rows[LISTS].to_numpy(dtype=float), rows[kind].to_numpy(dtype=float))


def _judge(test: _Test, p: float | None, rules: OutcomeRules) -> Check:
    words = f"{test.rate:.3f} {test.kind} for each list of {test.version} ({test.listeners:,} listeners)"
    if p is None:
        # The rate is worth showing; there is nothing to hold it against.
        words = f"{words}; too little before to compare with"
        return Check(test.kind, test.version, test.rate, math.nan, "unknown", words)
    worse = test.kind == SKIPS
    limit = test.before * (1 + rules.skips_rise if worse else 1 - rules.likes_fall)
    large = test.rate > limit if worse else test.rate < limit
    real = p <= rules.false_discoveries
    bound = f"{'at most' if worse else 'at least'} {limit:.3f} is asked for"
    chance = "; it may be chance" if large and not real else ""
    words = f"{words}, {test.before:.3f} in the weeks before; {bound}{chance}"
    return Check(test.kind, test.version, test.rate, limit, "breach" if large and real else "quiet", words)
