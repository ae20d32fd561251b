"""What happens on which night of a simulated month. The same length gives the same month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Steps in which a run is killed, in turn; each is the news that a flow tells when it begins them.
CRASHES: Final = ("check", "evaluate", "decide", "fit")
_DAYS_OF_A_MONTH: Final = 30
_PEOPLE: Final = 10
_WEEK: Final = 7


@dataclass(frozen=True)
class Night:
    """One night.

    Attributes:
        day: Counted from 1.
        drift: What listeners like changes for good.
        bad_delivery: Most of the rows that come are broken.
        bad_model: Somebody has put a hopeless model into the training configuration.
        crash_in: The process is killed when it comes to this step, and started again; None where it is not.
        forget: How many people want to be forgotten in the morning.
    """

    day: int
    drift: bool = False
    bad_delivery: bool = False
    bad_model: bool = False
    crash_in: str | None = None
    forget: int = 0

    @property
    def brings_nothing(self) -> bool:
        """Whether a model that was worth serving would be a surprise."""
        return self.bad_delivery or self.bad_model

    @property
    def words(self) -> str:
        """What is special about it."""
        told = {
            "tastes change": self.drift,
            "a broken delivery": self.bad_delivery,
            "a hopeless model": self.bad_model,
            f"killed in '{self.crash_in}'": self.crash_in is not None,
            f"{self.forget} to forget": self.forget > 0,
        }
        return ", ".join(words for words, holds in told.items() if holds) or "nothing special"


def month(days: int) -> tuple[Night, ...]:
    """Return the nights of a month: two drifts, one bad delivery, one bad model, a crash a week, ten people who leave.

    Shorter ones have all of it as far as it fits, with crashes that come more often, and fewer people who leave.

    Args:
        days: How many nights; 4 at least, for something has to go wrong in between.
    """
    bad_delivery, bad_model = max(2, round(days * 0.4)), max(3, round(days * 0.57))
    drifts = {max(2, days // 3), max(3, 2 * days // 3)}
    quiet = [day for day in range(2, days + 1) if day not in {bad_delivery, bad_model}]
    crashes = {day: CRASHES[number % len(CRASHES)] for number, day in enumerate(_crashing(quiet[2:]))}
    people = max(1, round(_PEOPLE * days / _DAYS_OF_A_MONTH))
    leaving = [quiet[number * len(quiet) // people] for number in range(people)]
    return tuple(
        Night(
            day=day,
            drift=day in drifts,
            bad_delivery=day == bad_delivery,
            bad_model=day == bad_model,
            crash_in=crashes.get(day),
            forget=leaving.count(day),
        )
        for day in range(1, days + 1)
    )


def _crashing(days: list[int]) -> list[int]:
    """Return on which of the days the process is killed: once a week, and in each of the steps once where that fits."""
    weekly = days[::_WEEK]
    return weekly if len(weekly) >= len(CRASHES) else days[:: max(1, len(days) // len(CRASHES))][: len(CRASHES)]
