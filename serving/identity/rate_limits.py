"""How often somebody may call: a bucket of tokens each, which fills at their rate."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from pipelines.errors import TooManyCallsError

#: So many buckets are kept; of a caller who has been quiet for longest the bucket would be full again anyway.
_MOST = 10_000


class RateLimits:
    """The buckets of one worker. A caller may use up a minute's calls at once, and then has to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, per_minute: int) -> None:
        """Count a call.

        Args:
            who: Whose bucket.
            per_minute: The bucket's size, and how many tokens it gets a minute.

        Raises:
            TooManyCallsError: The bucket is empty.
        """
        now = self._clock()
        tokens, at = self._buckets.pop(who, (float(per_minute), now))
        tokens = min(float(per_minute), tokens + (now - at) * per_minute / 60)
        allowed = tokens >= 1
        self._buckets[who] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        if not allowed:
            seconds = max(1, math.ceil((1 - tokens) * 60 / per_minute))
            raise TooManyCallsError(
                f"more than {per_minute} calls a minute", remedy=f"Try again in {seconds} s", seconds=seconds
            )
