"""Watermarks: how far each source has been read, for each person whose data it holds.

They are figures of the rows themselves, kept beside them in the snapshot, so that they can never be ahead of the data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.people import PREFIX


@dataclass(frozen=True)
class Watermark:
    """How far a source has been read.

    Attributes:
        source: The source.
        person: The user id of the person; None for the listeners of a population, who are read together.
        latest: The latest time in the rows; None where none has a time.
        rows: How many interactions there are.
    """

    source: str
    person: str | None
    latest: datetime | None
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "latest": self.latest.isoformat() if self.latest else None}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Watermark:
        """Read what ``to_json`` wrote."""
        return cls(**{**raw, "latest": datetime.fromisoformat(raw["latest"]) if raw["latest"] else None})


def watermarks_of(interactions: pa.Table) -> tuple[Watermark, ...]:
    """Return the watermarks of some rows, sorted by source and person."""
    users = interactions[c.USER_ID]
    person = pc.if_else(pc.starts_with(users, PREFIX), users, pa.scalar(None, pa.string()))
    rows = pa.table({c.SOURCE: interactions[c.SOURCE], c.USER_ID: person, c.AT: interactions[c.AT]})
    groups = rows.group_by([c.SOURCE, c.USER_ID]).aggregate([(c.AT, "max"), ([], "count_all")])
    return joined(
        Watermark(line[c.SOURCE], line[c.USER_ID], line[f"{c.AT}_max"], line["count_all"])
        for line in groups.to_pylist()
    )


def read_until(watermarks: Iterable[Watermark], source: str) -> str | None:
    """Return the latest time in a source's rows (ISO 8601, UTC, microseconds); None where there is none."""
    latest = max((mark.latest for mark in watermarks if mark.source == source and mark.latest), default=None)
    return None if latest is None else latest.astimezone(UTC).isoformat(timespec="microseconds")


def joined(watermarks: Iterable[Watermark]) -> tuple[Watermark, ...]:
    """Return one watermark for each source and person, of the watermarks of parts of the rows."""
    found: dict[tuple[str, str], Watermark] = {}
    for mark in watermarks:
        key = (mark.source, mark.person or "")
        before = found.get(key, Watermark(mark.source, mark.person, None, 0))
        latest = max((each.latest for each in (before, mark) if each.latest), default=None)
        found[key] = Watermark(mark.source, mark.person, latest, before.rows + mark.rows)
    return tuple(found[key] for key in sorted(found))
