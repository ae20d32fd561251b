"""One rule of the promotion policy, applied: its figures, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleVerdict:
    """One rule of the policy applied.

    Attributes:
        name: The rule.
        passed: Whether the challenger satisfies it.
        sentence: The figures and the verdict in words.
        figures: The figures as data.
    """

    name: str
    passed: bool
    sentence: str
    figures: dict[str, float]
