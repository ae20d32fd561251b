"""Drift of what comes in: the mix of features, popularity, volume, and whether tracks are known."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from pipelines.monitoring.checks import Check, Verdict, unknown
from pipelines.monitoring.distances import (
    Counts,
    Distance,
    contrast,
    fall,
    ks,
    popularity,
    psi,
    psi_of_kinds,
    rise,
    volume,
)
from pipelines.monitoring.features import UNORDERED
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
        _mix("psi", POPULARITY, windows.tracks, popularity, rules.popularity, rules),
        *_features(windows, rules),
    )


def _features(windows: Windows, rules: InputRules) -> Iterator[Check]:
    for name, counts in windows.features.items():
        if counts.any():
            index = psi_of_kinds if name in UNORDERED else psi
            yield _mix("psi", name, counts, index, rules.psi, rules)
            if name not in UNORDERED:
                yield _mix("ks", name, counts, ks, rules.ks, rules)


def _mix(kind: str, name: str, counts: Counts, distance: Distance, threshold: float, rules: InputRules) -> Check:
    """Judge how far the mix of one feature has moved."""
    usable = _usable(counts, counts.sum(axis=1), rules)
    if usable is None:
        return unknown(kind, name, f"{name}: too few rows to compare")
    figure, noise = contrast(usable, distance)
    limit = max(threshold, rules.noise * noise)
    allowed = f"{limit:.3f} is allowed" + (", as earlier windows differ among themselves" if limit > threshold else "")
    moved = "has moved" if figure > limit else "is as before"
    return Check(kind, name, figure, limit, _verdict(figure, limit), f"{name} {moved}: {figure:.3f}; {allowed}")


def _volumes(windows: Windows, rules: InputRules) -> Iterator[Check]:
    for what, counts in (("interactions", windows.rows), ("listeners", windows.listeners)):
        past = np.array([counts[:-1].sum()]) if windows.of_one_past else counts[:-1]
        usual = float(np.median(past))
        if windows.rows[:-1].sum() < rules.least_rows or usual == 0:
            yield unknown("volume", what, f"{what}: too little listening before to say what is usual")
            continue
        noise = 0.0 if len(past) == 1 else contrast(counts[:, None], volume)[1]
        limit = math.exp(max(math.log(rules.volume), rules.noise * noise))
        ratio = float(counts[-1]) / usual
        within = 1 / limit <= ratio <= limit
        bound = limit if ratio >= 1 else 1 / limit
        sentence = f"{counts[-1]:,} {what}, {ratio:.2f} times the usual; {1 / limit:.2f} to {limit:.2f} is allowed"
        yield Check("volume", what, ratio, bound, "quiet" if within else "breach", sentence)


def _shares(windows: Windows, rules: InputRules) -> Iterator[Check]:
    yield _share("join rate", np.stack([windows.known, windows.rows], axis=1), fall, rules.join_drop, rules)
    yield _share("missing", np.stack([windows.silent, windows.known], axis=1), rise, rules.missing_rise, rules)


def _share(kind: str, counts: Counts, worse: Distance, threshold: float, rules: InputRules) -> Check:
    """Judge a share of rows that may get worse by so much."""
    what = {"join rate": "are about known tracks", "missing": "are about tracks of unknown sound"}[kind]
    usable = _usable(counts, counts[:, 1], rules)
    if usable is None:
        return unknown(kind, "", f"too few interactions to say how many {what}")
    figure, noise = contrast(usable, worse)
    limit = max(threshold, rules.noise * noise)
    now, before = usable[-1, 0] / usable[-1, 1], usable[:-1, 0].sum() / usable[:-1, 1].sum()
    bound = before + (-limit if worse is fall else limit)
    sentence = f"{now:.1%} of the interactions {what}, {before:.1%} before; {bound:.1%} would be allowed"
    return Check(kind, "", float(now), float(bound), _verdict(figure, limit), sentence)


def _usable(counts: Counts, rows: Counts, rules: InputRules) -> Counts | None:
    """Return the windows with enough rows; None where the newest has too few, or too few others have enough."""
    enough = rows >= rules.least_rows
    if not enough[-1] or enough[:-1].sum() < rules.least_windows:
        return None
    return counts[enough]


def _verdict(figure: float, limit: float) -> Verdict:
    return "breach" if figure > limit else "quiet"
