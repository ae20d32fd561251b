"""Simulated canaries: listeners arrive, are shown lists and react in their own way; somebody looks again and again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.release.online import confidence_sequence, rate_and_variance


@dataclass(frozen=True)
class World:
    """A service while a canary is out.

    Attributes:
        listeners: How many have been there in the end.
        share: The canary's share of them.
        looks: How often somebody looks, after equal times.
        rate: Mean events for each list of the champion.
        spread: Shape of the gamma distribution of the listeners' own rates: the smaller, the more they differ.
        lists: Mean lists of a listener between two looks.
        effect: The canary's rate as a multiple of the champion's.
    """

    listeners: int = 4_000
    share: float = 0.2
    looks: int = 60
    rate: float = 0.5
    spread: float = 1.0
    lists: float = 0.5
    effect: float = 1.0


Looks = Iterator[tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]]


def looks(world: World, seed: int) -> Looks:
    """Yield what is known at each look: lists and events of each listener, of the canary's and of the champion's."""
    rng = np.random.default_rng([seed, 42])
    in_canary = rng.random(world.listeners) < world.share
    own = rng.gamma(world.spread, world.rate / world.spread, world.listeners) * np.where(in_canary, world.effect, 1.0)
    arrives = rng.integers(world.looks, size=world.listeners)
    lists, events = np.zeros(world.listeners), np.zeros(world.listeners)
    for look in range(world.looks):
        more = rng.poisson(world.lists, world.listeners) * (arrives <= look)
        lists += more
        events += rng.poisson(own * more)
        arms = [(lists[arm & (lists > 0)], events[arm & (lists > 0)]) for arm in (in_canary, ~in_canary)]
        yield arms[0], arms[1]


def differs_at(world: World, seed: int, *, alarm: float, scale: float, least: int) -> int | None:
    """Return the look at which the confidence sequence first excludes that there is no difference; None for never."""
    for look, (canary, champion) in enumerate(looks(world, seed)):
        if min(len(canary[0]), len(champion[0])) < least:
            continue
        (mine, my_variance), (theirs, their_variance) = rate_and_variance(*canary), rate_and_variance(*champion)
        if abs(mine - theirs) > confidence_sequence(my_variance + their_variance, scale * theirs, alarm):
            return look
    return None


def naively_differs_at(world: World, seed: int, *, least: int) -> int | None:
    """Return the look at which the usual test at 5 % first says so, made anew at each look."""
    for look, (canary, champion) in enumerate(looks(world, seed)):
        if min(len(canary[0]), len(champion[0])) < least:
            continue
        (mine, my_variance), (theirs, their_variance) = rate_and_variance(*canary), rate_and_variance(*champion)
        if abs(mine - theirs) > 1.96 * np.sqrt(my_variance + their_variance):
            return look
    return None
