"""With which windows the newest is compared, and how far from them it may be.

A past window that has drifted itself is no measure of what is usual. Left among the others it makes the noise so large
that the next drift of its size goes unseen for as long as it is looked back on. So outliers are left out. It takes more
to be one than to raise an alarm, because every window left out lowers the noise by which the newest is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.monitoring.distances import Counts, Distance


@dataclass(frozen=True)
class Allowance:
    """How large a difference is no breach.

    Attributes:
        threshold: A difference up to this is none in any case.
        noise: How many times the largest difference among past windows is none either.
        outlier: How many times the largest difference among the rest a past window is off before it is left out.
        least: How many past windows stay in any case.
    """

    threshold: float
    noise: float
    outlier: float
    least: int


@dataclass(frozen=True)
class Contrast:
    """The newest window beside those of the past.

    Attributes:
        reference: The past windows it is compared with.
        left_out: How many past windows it is not compared with.
        figure: How far it is from the reference.
        limit: How far it may be.
    """

    reference: Counts
    left_out: int
    figure: float
    limit: float


def contrast(windows: Counts, distance: Distance, allowance: Allowance) -> Contrast:
    """Compare the newest window with those before it, outliers left out.

    Args:
        windows: Windows x bins, the newest last; at least one before it.
        distance: What to measure.
        allowance: How large it may be.
    """
    past = reference(windows[:-1], distance, allowance)
    left_out = len(windows) - 1 - len(past)
    limit = max(allowance.threshold, allowance.noise * noise(past, distance))
    return Contrast(past, left_out, distance(windows[-1], past), limit)


def noise(past: Counts, distance: Distance) -> float:
    """Return the largest distance of one of the windows from its fellows; 0 where it has none.

    This is what chance, habit and the correlation of one listener's rows make of windows in which nothing happened:
    noise measured on the data, where a formula would have to assume independent rows.
    """
    places = range(len(past)) if len(past) > 1 else ()
    return max((distance(past[place], np.delete(past, place, axis=0)) for place in places), default=0.0)


def reference(past: Counts, distance: Distance, allowance: Allowance) -> Counts:
    """Return the past windows without any run of them that is an outlier beside the rest.

    Such a run is an odd week, an outage, or all that was before a change. Windows that are no run, such as every other
    one, are a habit. The last always stays: whether it is odd or the first of a new usual, only those after it tell.

    Args:
        past: Windows x bins, in the order of time.
        distance: What to measure.
        allowance: How large it may be, and how many windows have to stay.
    """
    for run, rest in _divisions(past, allowance.least):
        # Most runs are near enough by the threshold alone, which saves measuring the noise.
        if all(distance(window, rest) > allowance.threshold for window in run):
            limit = allowance.outlier * noise(rest, distance)
            if all(distance(window, rest) > limit for window in run):
                return reference(rest, distance, allowance)
    return past


def _divisions(past: Counts, least: int) -> Iterator[tuple[Counts, Counts]]:
    """Yield each run of windows without the last, short ones first, and the rest of them, which are never too few."""
    for length in range(1, len(past) - least + 1):
        for begin in range(len(past) - length):
            run = slice(begin, begin + length)
            yield past[run], np.delete(past, run, axis=0)
