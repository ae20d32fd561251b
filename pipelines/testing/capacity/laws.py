"""Laws of growth: a quantity as a sum of what drives it, fitted on measured runs, with what is known about the error.

A law says ``y = c0 + c1 x1 + c2 x2 ...`` with coefficients that are not negative: more of anything never costs less. It
is fitted to ratios, the squared logarithms of said over measured, so that a run of a second counts as much as one of an
hour and twice too much as half too little. The start is a least-squares fit (Lawson & Hanson 1974, NNLS).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares, nnls
from scipy.stats import t as student

#: Fewer runs than this are no law.
LEAST_RUNS = 4
#: A coefficient that explains less than this share of every run is no part of a law.
_NOTHING = 1e-3

Run = Mapping[str, float]


@dataclass(frozen=True)
class Estimate:
    """What a law says about a world.

    Attributes:
        value: The best guess.
        low: The least that is said with any one run left out, divided by the law's worst ratio.
        high: The most that is said with any one run left out, times the law's worst ratio.
        beyond: How many times further than the largest run the world lies, along the driver for which it is furthest;
            at most 1 where it was measured.
    """

    value: float
    low: float
    high: float
    beyond: float


@dataclass(frozen=True)
class Law:
    """A fitted law.

    Attributes:
        quantity: What it is about, a column of the runs.
        drivers: What it grows with, columns of the runs.
        coefficients: Of the constant and of each driver.
        others: The same from all runs but one, runs x (1 + drivers).
        worst: The largest ratio between said and measured, or measured and said, among the runs; at least 1.
        largest: The largest measured value of each driver.
        runs: How many there were.
    """

    quantity: str
    drivers: tuple[str, ...]
    coefficients: np.ndarray
    others: np.ndarray
    worst: float
    largest: np.ndarray
    runs: int

    def at(self, world: Run) -> Estimate:
        """Return what the law says about a world, which has a value for each driver."""
        given = np.array([world[driver] for driver in self.drivers])
        x = np.concatenate([[1.0], given])
        said = self.others @ x
        counts = self.coefficients[1:] > 0
        beyond = float((given[counts] / self.largest[counts]).max()) if counts.any() else 0.0
        value = float(self.coefficients @ x)
        low, high = min(float(said.min()), value), max(float(said.max()), value)
        return Estimate(value, low / self.worst, high * self.worst, beyond)


def law(quantity: str, drivers: Sequence[str], runs: Sequence[Run]) -> Law:
    """Fit a law.

    Args:
        quantity: What is explained.
        drivers: What explains it.
        runs: Measured runs, each with the quantity and all drivers.

    Raises:
        ValueError: There are fewer than ``LEAST_RUNS`` runs, or not more than drivers and the constant together.
    """
    if len(runs) < max(LEAST_RUNS, len(drivers) + 2):
        msg = f"{len(runs)} runs are too few for a law of {quantity} by {', '.join(drivers)}"
        raise ValueError(msg)
    x = np.array([[1.0, *(run[driver] for driver in drivers)] for run in runs])
    y = np.array([run[quantity] for run in runs])
    coefficients = _fitted(x, y)
    others = np.array([_fitted(np.delete(x, out, 0), np.delete(y, out)) for out in range(len(y))])
    worst = float(np.exp(np.abs(np.log(x @ coefficients / y)).max()))
    return Law(quantity, tuple(drivers), coefficients, others, worst, x[:, 1:].max(axis=0), len(runs))


def _fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the coefficients, none negative, of least squared log-ratio; columns are brought to one scale."""
    relative = x / y[:, None]
    scale = np.abs(relative).max(axis=0)
    start, _ = nnls(relative / scale, np.ones(len(y)))
    # A start on the edge has no way down: every coefficient begins a little inside.
    found = least_squares(_log_ratios, start + _NOTHING, bounds=(0, np.inf), xtol=1e-12, args=(relative / scale,))
    kept: np.ndarray = np.where(found.x > _NOTHING, found.x, 0.0) / scale
    return kept


def _log_ratios(coefficients: np.ndarray, relative: np.ndarray) -> np.ndarray:
    ratios: np.ndarray = np.log(relative @ coefficients)
    return ratios


@dataclass(frozen=True)
class Exponent:
    """The power with which a quantity grows, and its interval of 95 %."""

    value: float
    low: float
    high: float


def exponent(quantity: str, driver: str, runs: Sequence[Run], constant: float = 0.0) -> Exponent:
    """Return the slope of the logarithms, by least squares: 1 is linear, 2 quadratic.

    Args:
        quantity: What grows.
        driver: What it grows with.
        runs: Measured runs, at least three of different size.
        constant: What each run costs before it does anything; it is taken off first.

    Raises:
        ValueError: Fewer than three runs cost more than the constant.
    """
    points = [(math.log(run[driver]), math.log(run[quantity] - constant)) for run in runs if run[quantity] > constant]
    if len(points) < 3:  # noqa: PLR2004 - a line and one point to judge it by
        msg = f"{len(points)} runs are too few for a slope"
        raise ValueError(msg)
    x, y = np.array(points).T
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    errors = y - y.mean() - slope * centred
    error = math.sqrt(float(errors @ errors) / (len(x) - 2) / float(centred @ centred))
    half = float(student.ppf(0.975, len(x) - 2)) * error
    return Exponent(slope, slope - half, slope + half)
