"""What happened in the failure lab."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pipelines.testing.lab.failures import Failure

#: "stopped": the data were refused. "refused": the model was. "put right": what was wrong did no harm. "told": somebody
#: is told who has to act. "got through": nothing of all that.
Result = Literal["stopped", "refused", "put right", "told", "got through"]


@dataclass(frozen=True)
class Guard:
    """One guard that fired.

    Attributes:
        name: Its layer and its rule ("gate: history.clock").
        words: What it says, with the figures.
        holds: Whether it keeps the failure from doing harm; if not, it only warns.
    """

    name: str
    words: str
    holds: bool


@dataclass(frozen=True)
class Outcome:
    """What became of one failure.

    Attributes:
        failure: The failure; None for the undisturbed control.
        result: How far it got.
        fired: Every guard that fired, in the order in which data pass them.
        home: The home folder in which it happened.
        seconds: How long it took.
    """

    failure: Failure | None
    result: Result
    fired: tuple[Guard, ...]
    home: str
    seconds: float

    @property
    def caught(self) -> tuple[Guard, ...]:
        """The guards that were made for its cause, and held."""
        wanted = self.failure.guards if self.failure else ()
        return tuple(guard for guard in self.fired if guard.name in wanted and guard.holds)

    @property
    def good(self) -> bool:
        """Whether all is as it should be: a failure caught by its cause, the control let through by every guard."""
        if self.failure is None:
            return not any(guard.holds for guard in self.fired)
        return bool(self.caught)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "failure": self.failure.name if self.failure else "control",
            "injected": self.failure.injected if self.failure else "nothing",
            "result": self.result if self.failure else "let through" if self.good else "held up",
            "good": self.good,
            "caught_by": [asdict(guard) for guard in self.caught],
            "also_fired": [asdict(guard) for guard in self.fired if guard not in self.caught],
            "home": self.home,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class LabAccount:
    """What happened in one visit to the lab.

    Attributes:
        control: The undisturbed world.
        outcomes: One for each failure.
        seconds: How long all of it took.
    """

    control: Outcome
    outcomes: tuple[Outcome, ...]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether every failure was caught and the healthy world let through."""
        return self.control.good and all(outcome.good for outcome in self.outcomes)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "good": self.good,
            "control": self.control.to_json(),
            "failures": [outcome.to_json() for outcome in self.outcomes],
            "seconds": round(self.seconds, 1),
        }
