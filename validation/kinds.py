"""The kinds of rule: what one rule can ask of the data, in words and with its thresholds as data."""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from pydantic import AwareDatetime, Field, field_validator, model_validator

from pipelines.config import Settings
from pipelines.data.approval import Severity


class Action(StrEnum):
    """What the gate does with a row that breaks a rule."""

    WARN = "warn"  # report it and change nothing
    BLANK = "blank"  # report it and make the value missing; the row stays
    QUARANTINE = "quarantine"  # set the row aside
    STOP = "stop"  # refuse the data; a single row is set aside too, so that one can look at it

    @property
    def severity(self) -> Severity:
        """The severity of the finding."""
        return Severity.WARN if self is Action.BLANK else Severity(self.value)

    @property
    def removes(self) -> bool:
        """Whether the row leaves the table."""
        return self in {Action.QUARANTINE, Action.STOP}


class Rule(Settings):
    """One thing asked of the data.

    Attributes:
        action: What happens when it is not so.
    """

    action: Action

    def wanted(self) -> str:
        """Say what is asked, as the end of a sentence that begins with what the rule looks at."""
        return ""


class Given(Rule):
    """There is a value, and it is not blank."""

    def wanted(self) -> str:
        """Say that a value is wanted."""
        return "to be given"


class OneOf(Rule):
    """A value, where there is one, is one of a few.

    Attributes:
        values: The permitted values.
    """

    values: tuple[str, ...] | tuple[int, ...]

    def wanted(self) -> str:
        """List the values."""
        return "to be one of " + ", ".join(str(value) for value in self.values)


class Bounds(NamedTuple):
    """The ends of a range; None where it is open."""

    minimum: float | datetime | None = None
    maximum: float | datetime | None = None
    above: bool = False


class Range(Rule):
    """A value, where there is one, lies between two ends."""

    @abstractmethod
    def bounds(self, now: datetime) -> Bounds:
        """Return the ends at an instant."""


class Between(Range):
    """A number, where there is one, is finite and lies in a range; both ends belong to it.

    Attributes:
        minimum: The lower end.
        maximum: The upper end.
        above: Leave the lower end out.
    """

    minimum: float
    maximum: float
    above: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError("minimum has to be smaller than maximum")
        return self

    def bounds(self, now: datetime) -> Bounds:  # noqa: ARG002 - the same at every instant
        """Return both ends."""
        return Bounds(self.minimum, self.maximum, self.above)

    def wanted(self) -> str:
        """Name both ends."""
        if self.above:
            return f"to be above {plain(self.minimum)} and at most {plain(self.maximum)}"
        return f"to be between {plain(self.minimum)} and {plain(self.maximum)}"


class Matches(Rule):
    """A text, where there is one, has a form.

    Attributes:
        pattern: A regular expression for the whole text.
        form: The form in words.
    """

    pattern: str
    form: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"this is no regular expression: {error}") from error
        return pattern

    def wanted(self) -> str:
        """Name the form."""
        return f"to be {self.form}"


class Period(Range):
    """A time, where there is one, is neither before the earliest nor after now.

    Attributes:
        earliest: The first instant that can be true.
        tolerance_days: How far clocks and calendars may run ahead of now.
    """

    earliest: AwareDatetime
    tolerance_days: float = Field(ge=0)

    def bounds(self, now: datetime) -> Bounds:
        """Return both ends."""
        return Bounds(self.earliest, now + timedelta(days=self.tolerance_days))

    def wanted(self) -> str:
        """Name both ends."""
        days = "1 day" if self.tolerance_days == 1 else f"{plain(self.tolerance_days)} days"
        return f"to be between {self.earliest.astimezone(UTC):%Y-%m-%d} and now plus {days}"


class Holds(Rule):
    """A statement about the row is true; its words are the field's title, and the frame holds what contradicts it."""


class Unique(Rule):
    """A value stands in one row only."""

    action: Literal[Action.WARN, Action.STOP]

    def wanted(self) -> str:
        """Say so."""
        return "to stand in one row only"


class AtLeast(Range):
    """A figure of the tables as a whole is not too small.

    Attributes:
        at_least: The smallest figure that will do.
    """

    action: Literal[Action.WARN, Action.STOP]
    at_least: float

    def bounds(self, now: datetime) -> Bounds:  # noqa: ARG002 - the same at every instant
        """Return the one end."""
        return Bounds(minimum=self.at_least)

    def wanted(self) -> str:
        """Name the limit."""
        return f"to be at least {plain(self.at_least)}"


class AtMost(Range):
    """A figure of the tables as a whole is not too large.

    Attributes:
        at_most: The largest figure that will do.
    """

    action: Literal[Action.WARN, Action.STOP]
    at_most: float

    def bounds(self, now: datetime) -> Bounds:  # noqa: ARG002 - the same at every instant
        """Return the one end."""
        return Bounds(maximum=self.at_most)

    def wanted(self) -> str:
        """Name the limit."""
        return f"to be at most {plain(self.at_most)}"


class Dominance(AtMost):
    """A share is not too large, asked only where there are enough listeners for it to mean something.

    Attributes:
        listeners_above: With this many listeners or fewer nothing is asked.
    """

    listeners_above: int


class EachAtMost(AtMost):
    """No figure of several is too large."""


class EachWithin(Between):
    """Every figure of several lies in a range; both ends belong to it."""

    action: Literal[Action.WARN, Action.STOP]


_LONGEST_TEXT = 60
_LARGEST_WRITTEN_OUT = 1e15
_SMALLEST_WRITTEN_OUT = 1e-3


def plain(value: object) -> str:
    """Write a value for people: numbers with separators, times in UTC, long text cut short."""
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    text = repr(value)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < _LARGEST_WRITTEN_OUT:
        return f"{int(value):,}"
    if _SMALLEST_WRITTEN_OUT <= abs(value) < _LARGEST_WRITTEN_OUT:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return f"{value:.4g}"
