"""Drift of what comes in: the mix of features, popularity, volume, and whether tracks are known."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pipelines.monitoring.checks import Check, Verdict, unknown
from pipelines.monitoring.distances import (
    Counts,
    Distance,
    fall,
    ks,
    popularity,
    psi,
    psi_of_kinds,
    rise,
    volume,
)
from pipelines.monitoring.features import UNORDERED
from pipelines.monitoring.reference import Allowance, Contrast, contrast
from pipelines.monitoring.rules import InputRules
from pipelines.monitoring.windows import Windows

#: The subject of the index over bands of popularity.
POPULARITY = "popularity"


def input_checks(windows: Windows, rules: InputRules) -> tuple[Check, ...]:
    """Compare the newest window with those before it.

    Args:
        windows: Counts by window.
        rules: The thresholds.
    """
    return (
        *_volumes(windows, rules),
        *_shares(windows, rules),
        _mix("psi", POPULARITY, windows.tracks, popularity, _allowed(rules.popularity, windows, rules), rules),
        *_features(windows, rules),
    )


def _features(windows: Windows, rules: InputRules) -> Iterator[Check]:
    for name, counts in windows.features.items():
        if counts.any():
            index = psi_of_kinds if name in UNORDERED else psi
            yield _mix("psi", name, counts, index, _allowed(rules.psi, windows, rules), rules)
            if name not in UNORDERED:
                yield _mix("ks", name, counts, ks, _allowed(rules.ks, windows, rules), rules)


def _mix(kind: str, name: str, counts: Counts, distance: Distance, allowance: Allowance, rules: InputRules) -> Check:
    """Judge how far the mix of one feature has moved."""
    usable = _usable(counts, counts.sum(axis=1), rules)
    if usable is None:
        return unknown(kind, name, f"{name}: too few rows to compare")
    seen = contrast(usable, distance, allowance)
    moved = "has moved" if seen.figure > seen.limit else "is as before"
    noisy = ", as earlier windows differ among themselves" if seen.limit > allowance.threshold else ""
    sentence = f"{name} {moved}: {seen.figure:.3f}; {seen.limit:.3f} is allowed{noisy}{_left_out(seen)}"
    return Check(kind, name, seen.figure, seen.limit, _verdict(seen), sentence)


def _volumes(windows: Windows, rules: InputRules) -> Iterator[Check]:
    for what, counts in (("interactions", windows.rows), ("listeners", windows.listeners)):
        past = counts[:-1].sum(keepdims=True) if windows.of_one_past else counts[:-1]
        allowance = _allowed(math.log(rules.volume), windows, rules)
        seen = contrast(np.append(past, counts[-1])[:, None], volume, allowance)
        usual = float(np.median(seen.reference))
        if windows.rows[:-1].sum() < rules.least_rows or usual == 0:
            yield unknown("volume", what, f"{what}: too little listening before to say what is usual")
            continue
        ratio, limit = float(counts[-1]) / usual, math.exp(seen.limit)
        within = 1 / limit <= ratio <= limit
        bound = limit if ratio >= 1 else 1 / limit
        allowed = f"{1 / limit:.2f} to {limit:.2f} is allowed{_left_out(seen)}"
        sentence = f"{counts[-1]:,} {what}, {ratio:.2f} times the usual; {allowed}"
        yield Check("volume", what, ratio, bound, "quiet" if within else "breach", sentence)


def _shares(windows: Windows, rules: InputRules) -> Iterator[Check]:
    known = np.stack([windows.known, windows.rows], axis=1)
    silent = np.stack([windows.silent, windows.known], axis=1)
    yield _share("join rate", known, fall, _allowed(rules.join_drop, windows, rules), rules)
    yield _share("missing", silent, rise, _allowed(rules.missing_rise, windows, rules), rules)


def _share(kind: str, counts: Counts, worse: Distance, allowance: Allowance, rules: InputRules) -> Check:
    """Judge a share of rows that may get worse by so much."""
    what = {"join rate": "are about known tracks", "missing": "are about tracks of unknown sound"}[kind]
    usable = _usable(counts, counts[:, 1], rules)
    if usable is None:
        return unknown(kind, "", f"too few interactions to say how many {what}")
    seen = contrast(usable, worse, allowance)
    now, before = usable[-1, 0] / usable[-1, 1], seen.reference[:, 0].sum() / seen.reference[:, 1].sum()
    bound = before + (-seen.limit if worse is fall else seen.limit)
    allowed = f"{bound:.1%} would be allowed{_left_out(seen)}"
    sentence = f"{now:.1%} of the interactions {what}, {before:.1%} before; {allowed}"
    return Check(kind, "", float(now), float(bound), _verdict(seen), sentence)


def _allowed(threshold: float, windows: Windows, rules: InputRules) -> Allowance:
    # Parts of one whole have no order in which something could have changed, so all of them stay.
    least = rules.windows if windows.of_one_past else rules.least_windows
    return Allowance(threshold, rules.noise, rules.outlier, least)


def _usable(counts: Counts, rows: Counts, rules: InputRules) -> Counts | None:
    """Return the windows with enough rows; None where the newest has too few, or too few others have enough."""
    enough = rows >= rules.least_rows
    if not enough[-1] or enough[:-1].sum() < rules.least_windows:
        return None
    return counts[enough]


def _verdict(seen: Contrast) -> Verdict:
    return "breach" if seen.figure > seen.limit else "quiet"


def _left_out(seen: Contrast) -> str:
    return f" ({seen.left_out} earlier windows that had drifted are left out)" if seen.left_out else ""
