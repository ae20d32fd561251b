"""How monitoring looks at a simulated month, and whether it saw what it should have seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.testing.month.account import NightAccount

#: All nights after the first share the second of the world's two years.
_DAYS_DELIVERED: Final = 365
_WEEK: Final = 7
_LEAST_WEEKS: Final = 2
_WINDOWS: Final = 6
#: A hundred listeners make 330 rows in two weeks, a fifth of what the shipped thresholds were chosen for, which raise
#: more false alarms here and find no more drifts (tests/benchmarks/false_alarms_of_months.py).
_NOISE: Final = 1.75
_OUTLIER: Final = 3
#: On its night or one of the three after it a drift has to raise an alarm.
PATIENCE_NIGHTS: Final = 4


@dataclass(frozen=True)
class DriftSeen:
    """Whether a drift raised an alarm.

    Attributes:
        night: When tastes changed.
        alarm: The first night with an alarm, of those that count; None where there was none.
        checks: What was a breach then, and was none on the night before the drift.
        excuse: Why nothing could be seen; empty where there was an alarm, or should have been.
    """

    night: int
    alarm: int | None
    checks: tuple[str, ...] = ()
    excuse: str = ""

    @property
    def sentence(self) -> str:
        """All of it in words."""
        head = f"tastes changed on night {self.night}: monitoring raised"
        if self.alarm is not None:
            return f"{head} an alarm on night {self.alarm} ({', '.join(self.checks)})"
        return f"{head} no alarm" + (f", as {self.excuse}" if self.excuse else "")


def window_days(nights: int) -> int:
    """Return how many days monitoring looks at in a month: whole weeks that hold what a night brings, two at least."""
    return _WEEK * max(_LEAST_WEEKS, math.ceil(_DAYS_DELIVERED / (nights - 1) / _WEEK))


def monitoring_rules(nights: int) -> str:
    """Return the rules of monitoring in a month of so many nights, as TOML; those not named are the shipped ones."""
    return f"[inputs]\ndays = {window_days(nights)}\nwindows = {_WINDOWS}\nnoise = {_NOISE}\noutlier = {_OUTLIER}\n"


def drifts_seen(accounts: Sequence[NightAccount]) -> tuple[DriftSeen, ...]:
    """Return for each drift of a month whether it raised an alarm."""
    drifts = _drifts(accounts)
    return tuple(_seen(drift, drifts, accounts) for drift in drifts)


def quiet_nights(accounts: Sequence[NightAccount]) -> str:
    """Say how many nights had an alarm although nothing had changed, of those on which something could be said."""
    quiet = [each for each in accounts if is_quiet(each, accounts)]
    loud = [f"night {each.night.day} ({', '.join(each.alarms)})" for each in quiet if each.alarms]
    return f"monitoring raised an alarm on {len(loud)} of {len(quiet)} quiet nights" + (
        f": {', '.join(loud)}" if loud else ""
    )


def is_quiet(account: NightAccount, accounts: Sequence[NightAccount]) -> bool:
    """Tell whether nothing had changed on a night or the three before it, and something could be said."""
    return account.alarms is not None and all(
        not 0 <= account.night.day - drift < PATIENCE_NIGHTS for drift in _drifts(accounts)
    )


def unseen(seen: Sequence[DriftSeen]) -> tuple[str, ...]:
    """Return the drifts that should have raised an alarm."""
    return tuple(each.sentence for each in seen if each.alarm is None and not each.excuse)


def _drifts(accounts: Sequence[NightAccount]) -> list[int]:
    return [each.night.day for each in accounts if each.night.drift]


def _seen(drift: int, drifts: Sequence[int], accounts: Sequence[NightAccount]) -> DriftSeen:
    looked_at = [each for each in accounts if drift <= each.night.day < drift + PATIENCE_NIGHTS]
    before = {name for each in accounts if each.night.day == drift - 1 for name in each.alarms or ()}
    for each in looked_at:
        if new := tuple(name for name in each.alarms or () if name not in before):
            return DriftSeen(drift, each.night.day, new)
    return DriftSeen(drift, None, excuse=_excuse(drift, drifts, looked_at, len(accounts)))


def _excuse(drift: int, drifts: Sequence[int], looked_at: Sequence[NightAccount], nights: int) -> str:
    """Return why a drift cannot have been seen."""
    if any(each.alarms is None for each in looked_at):
        return "there was too little listening to compare it with"
    # The noise is what the windows before show among themselves, a drift among them included, unless it is so large
    # that they are left out: with the few rows of a month that is not sure.
    reach = math.ceil((_WINDOWS + 1) * window_days(nights) * (nights - 1) / _DAYS_DELIVERED)
    for other in drifts:
        if drift - reach < other < drift:
            return f"the weeks it is compared with hold the change of night {other}"
    return "the month ends" if len(looked_at) < PATIENCE_NIGHTS else ""
