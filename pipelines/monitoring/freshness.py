"""How old the data and the model are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from pipelines.monitoring.checks import Check, at_most, unknown
from pipelines.monitoring.rules import FreshnessRules

_DAY = timedelta(days=1)


def freshness_checks(
    *,
    interaction: datetime | None,
    ingestion: datetime | None,
    champion: datetime | None,
    now: datetime,
    rules: FreshnessRules,
) -> tuple[Check, ...]:
    """Judge ages.

    Args:
        interaction: Time of the newest interaction; None where none is known. Likewise the next two.
        ingestion: When data was taken in last.
        champion: Since when the champion is served.
        now: The instant ages are counted to.
        rules: How old each may be.
    """
    moments = {
        "interactions": ("the newest interaction", interaction, rules.interactions),
        "ingestion": ("the last ingestion", ingestion, rules.ingestion),
        "champion": ("the champion", champion, rules.champion),
    }
    return tuple(_ages(moments, now))


def _ages(moments: dict[str, tuple[str, datetime | None, float]], now: datetime) -> Iterator[Check]:
    for what, (words, moment, allowed) in moments.items():
        if moment is None:
            yield unknown("age", what, f"the age of {words} is not known")
            continue
        # A clock that went backwards makes nothing younger than now.
        days = max(0.0, (now - moment) / _DAY)
        limit = f"{allowed:g} are allowed" if allowed else "any age is allowed"
        yield at_most("age", what, days, allowed or math.nan, f"{words} is {days:.1f} days old; {limit}")
