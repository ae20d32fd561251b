"""How far a long fit is: for whoever follows it, and nobody has to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import numpy as np

T = TypeVar("T")
#: Hears the name of a step, how many tracks of it are done, and of how many.
Follower = Callable[[str, int, int], None]
#: How often a step is heard of.
_TIMES_TOLD = 10
_follower: ContextVar[Follower | None] = ContextVar("fit_follower", default=None)


@contextmanager
def following(follower: Follower) -> Iterator[None]:
    """Tell ``follower`` how far every fit in this context is."""
    token = _follower.set(follower)
    try:
        yield
    finally:
        _follower.reset(token)


def followed(step: str, parts: Iterable[T], bounds: np.ndarray) -> Iterator[T]:
    """Pass the parts of a step on as they come, and tell at each tenth of the way how far they are.

    Args:
        step: What is being done, as a noun.
        parts: One for each span.
        bounds: The bounds of the spans.
    """
    follower, total = _follower.get(), int(bounds[-1])
    told = 0
    for part, done in zip(parts, bounds[1:].tolist(), strict=True):
        yield part
        if follower is not None and done * _TIMES_TOLD // total > told:
            told = done * _TIMES_TOLD // total
            follower(step, done, total)
