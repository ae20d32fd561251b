"""A check: a figure, what it is judged by, the verdict, and all of it in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pipelines.monitoring.kinds import GROUPS, KINDS, Group

Verdict = Literal["quiet", "breach", "unknown"]
NOT_ASKED: Final = math.nan


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        kind: One of ``pipelines.monitoring.kinds.KINDS``.
        subject: What it is about, such as a feature or a model; empty where there is only one.
        figure: What was found; NaN where nothing can be said.
        threshold: What it is judged by; NaN where nothing is asked.
        verdict: ``unknown`` where too little is there to judge.
        sentence: All of it in words.
    """

    kind: str
    subject: str
    figure: float
    threshold: float
    verdict: Verdict
    sentence: str

    @property
    def group(self) -> Group:
        """What it belongs to."""
        return KINDS[self.kind].group

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.kind} of {self.subject}" if self.subject else self.kind

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form; a figure that is not there is null."""
        figures = {"figure": self.figure, "threshold": self.threshold}
        return {
            "group": self.group,
            "check": self.kind,
            "subject": self.subject,
            **{name: value if math.isfinite(value) else None for name, value in figures.items()},
            "verdict": self.verdict,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class MonitoringReport:
    """What monitoring found at one look.

    Attributes:
        at: When (ISO 8601, UTC).
        subject: The snapshot, the champion and so on that were looked at, by name.
        rules: Hash of the rules.
        checks: Every check.
    """

    at: str
    subject: Mapping[str, str]
    rules: str
    checks: tuple[Check, ...]

    @property
    def breaches(self) -> tuple[Check, ...]:
        """The checks that raise an alarm."""
        return tuple(check for check in self.checks if check.verdict == "breach")

    @property
    def quiet(self) -> bool:
        """Whether none does."""
        return not self.breaches

    @property
    def groups(self) -> dict[Group, tuple[Check, ...]]:
        """The checks by group, groups without any left out."""
        found = {group: tuple(check for check in self.checks if check.group == group) for group in GROUPS}
        return {group: checks for group, checks in found.items() if checks}

    @property
    def headline(self) -> str:
        """The whole in a sentence."""
        unknown = sum(check.verdict == "unknown" for check in self.checks)
        rest = f"; of {unknown} too little is known to say" if unknown else ""
        if self.quiet:
            return f"All quiet: {len(self.checks) - unknown} checks, no breach{rest}"
        names = ", ".join(check.name for check in self.breaches[:4])
        more = f" and {len(self.breaches) - 4} more" if len(self.breaches) > 4 else ""  # noqa: PLR2004 - as many as fit
        return f"{len(self.breaches)} of {len(self.checks)} checks are a breach: {names}{more}{rest}"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "at": self.at,
            "quiet": self.quiet,
            "headline": self.headline,
            "subject": dict(self.subject),
            "rules": self.rules,
            "checks": [check.to_json() for check in self.checks],
        }


def at_most(kind: str, subject: str, figure: float, threshold: float, words: str) -> Check:
    """Judge a figure that must not be above a threshold; where none is asked (NaN) it is quiet."""
    return _judged(kind, subject, figure, threshold, words, broken=figure > threshold)


def at_least(kind: str, subject: str, figure: float, threshold: float, words: str) -> Check:
    """Judge a figure that must not be below a threshold."""
    return _judged(kind, subject, figure, threshold, words, broken=figure < threshold)


def unknown(kind: str, subject: str, why: str) -> Check:
    """Return the check that could not be made."""
    return Check(kind, subject, math.nan, NOT_ASKED, "unknown", why)


def _judged(kind: str, subject: str, figure: float, threshold: float, words: str, *, broken: bool) -> Check:
    verdict: Verdict = "unknown" if math.isnan(figure) else "breach" if broken else "quiet"
    return Check(kind, subject, figure, threshold, verdict, words)
