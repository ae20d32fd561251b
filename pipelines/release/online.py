"""What listeners say about a canary: likes and skips for each list shown, beside the champion's, at any time.

A test that is looked at again and again finds differences where there are none. This one may be looked at as often as
one likes: the interval of the difference is a confidence sequence, the mixture sequential probability ratio test turned
inside out (Robbins 1970; Johari et al. 2017; Howard et al. 2021), in its form for estimates that become normal
(Waudby-Smith et al. 2024). Over all looks together it misses the truth with a chance of at most ``alarm``.

Lists of one listener resemble each other, and a listener always gets the same model: the listener is what is counted,
and the variance is that of a ratio of sums over listeners (the delta method; Deng et al. 2018).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pipelines.release.policy import OnlineRules

MODEL_VERSION = "model_version"
LISTS = "lists"
LIKES = "likes"
SKIPS = "skips"
#: One row a listener and model.
COLUMNS = (MODEL_VERSION, LISTS, LIKES, SKIPS)

State = Literal["breach", "holds", "undecided"]
#: Two guard rails share the chance of a false alarm.
_RAILS = 2
_LEAST = 2


@dataclass(frozen=True)
class Rail:
    """One guard rail.

    Attributes:
        what: "skips" or "likes".
        state: "breach" where the canary is worse beyond the margin, "holds" where it is not, else "undecided".
        canary: Events for each list shown by the canary.
        champion: The same for the champion.
        low: Lower end of the confidence sequence of the difference canary - champion; NaN before there is one.
        high: Upper end.
        margin: How much worse is allowed, in events for each list.
        sentence: All of it in words.
    """

    what: str
    state: State
    canary: float
    champion: float
    low: float
    high: float
    margin: float
    sentence: str


@dataclass(frozen=True)
class OnlineVerdict:
    """What is known about a canary at this look.

    Attributes:
        canary: Its bundle.
        champion: The champion's.
        canary_listeners: How many listeners have seen the canary's lists.
        champion_listeners: The same for the champion.
        rails: The guard rails.
    """

    canary: str
    champion: str
    canary_listeners: int
    champion_listeners: int
    rails: tuple[Rail, ...]

    @property
    def state(self) -> State:
        """A breach of one is a breach; it holds where all hold."""
        states = {rail.state for rail in self.rails}
        return "breach" if "breach" in states else "holds" if states == {"holds"} else "undecided"

    @property
    def sentence(self) -> str:
        """The verdict in words: what is breached, else all."""
        said = [rail.sentence for rail in self.rails if rail.state == "breach"] or [r.sentence for r in self.rails]
        return "; ".join(said)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "state": self.state, "sentence": self.sentence}


def judge_canary(results: pd.DataFrame, canary: str, champion: str, rules: OnlineRules) -> OnlineVerdict:
    """Return what the listeners' likes and skips say about a canary so far.

    Args:
        results: One row a listener and model: ``model_version``, ``lists`` shown, ``likes``, ``skips``. Rows are
            independent of each other; those without a list are left out.
        canary: The canary's bundle.
        champion: The champion's.
        rules: Margins, and the chance of a false alarm.
    """
    shown = results[results[LISTS] > 0]
    mine, theirs = shown[shown[MODEL_VERSION] == canary], shown[shown[MODEL_VERSION] == champion]
    margins = {SKIPS: rules.skips_margin, LIKES: rules.likes_margin}
    rails = tuple(_rail(what, mine, theirs, margin, rules) for what, margin in margins.items())
    return OnlineVerdict(canary, champion, len(mine), len(theirs), rails)


def confidence_sequence(variance: float, scale: float, alarm: float) -> float:
    """Return the half-width of the interval around an estimate that holds at all times at once.

    Args:
        variance: Variance of the estimate now.
        scale: Standard deviation of the normal mixture: where the interval is about as narrow as it can be.
        alarm: The chance that it ever misses the truth.
    """
    mixed = variance + scale**2
    return math.sqrt(2.0 * variance * mixed / scale**2 * math.log(math.sqrt(mixed / variance) / alarm))


def rate_and_variance(lists: np.ndarray, events: np.ndarray) -> tuple[float, float]:
    """Return events for each list, and the variance of that ratio over independent listeners."""
    total, n = lists.sum(), len(lists)
    if n < _LEAST or total == 0:
        return math.nan, math.nan
    rate = events.sum() / total
    residuals = events - rate * lists
    return float(rate), float((residuals**2).sum() / total**2 * n / (n - 1))


def _rail(what: str, canary: pd.DataFrame, champion: pd.DataFrame, margin: float, rules: OnlineRules) -> Rail:
    (mine, my_variance), (theirs, their_variance) = (
        rate_and_variance(arm[LISTS].to_numpy(dtype=float), arm[what].to_numpy(dtype=float))
        for arm in (canary, champion)
    )
    allowed = margin * theirs
    variance = my_variance + their_variance
    few = min(len(canary), len(champion)) < rules.least_listeners
    if few or canary[what].sum() + champion[what].sum() < rules.least_events or not variance > 0 or not theirs > 0:
        sentence = f"{what}: too little is known yet, {len(canary):,} listeners saw the canary"
        return Rail(what, "undecided", mine, theirs, math.nan, math.nan, allowed, sentence)
    half = confidence_sequence(variance, rules.scale * theirs, rules.alarm / _RAILS)
    low, high = mine - theirs - half, mine - theirs + half
    state = _state(low, high, allowed) if what == SKIPS else _state(-high, -low, allowed)
    sentence = (
        f"{what}: {mine:.4f} for each list of the canary ({len(canary):,} listeners), {theirs:.4f} of the champion "
        f"({len(champion):,}); difference {mine - theirs:+.4f} [{low:+.4f}, {high:+.4f}], "
        f"{allowed:.4f} {'more' if what == SKIPS else 'less'} is allowed"
    )
    return Rail(what, state, mine, theirs, low, high, allowed, sentence)


def _state(low: float, high: float, margin: float) -> State:
    """Judge the interval of how much worse the canary is."""
    if low > margin:
        return "breach"
    return "holds" if high <= margin else "undecided"
