"""The trusted past of a source: the profiles of the batches the gate let in, and how far a new one is from them.

Only accepted batches become the past. A batch that comes again is kept once, so that reading an input twice does not
count twice. The files hold counts and nobody's id; those of one person's own data are kept apart from anybody else's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from statistics import median
from typing import Any

from pipelines.atomic import write_text
from pipelines.data.hashing import hash_json
from pipelines.data.tables import InteractionTable
from pipelines.errors import CrossfadeError
from validation.distributions import DISTRIBUTIONS, HOURS, Counts, distance, hours_moved, new_share
from validation.profile import Profile


@dataclass(frozen=True)
class AcceptedBatch:
    """A batch the gate let in.

    Attributes:
        accepted_at: When, in ISO form.
        profile: Its figures.
    """

    accepted_at: str
    profile: Profile

    @cached_property
    def identity(self) -> str:
        """What tells it from other batches."""
        return hash_json(self.profile.to_json())


@dataclass(frozen=True)
class Past:
    """The batches of one source that were accepted, the oldest first."""

    batches: tuple[AcceptedBatch, ...] = ()

    @cached_property
    def total(self) -> Profile:
        """The profile of all of them together."""
        return reduce(add, (batch.profile for batch in self.batches), Profile())

    def usual_rows(self, table: str) -> float:
        """Return the median number of rows of a table; 0 without a past."""
        return float(median([batch.profile.rows.get(table, 0) for batch in self.batches] or [0]))

    def with_batch(self, profile: Profile, accepted_at: datetime, *, keep: int) -> Past:
        """Return the past after one more batch; of more than ``keep`` the oldest go."""
        new = AcceptedBatch(accepted_at.isoformat(timespec="seconds"), profile)
        others = [batch for batch in self.batches if batch.identity != new.identity]
        return Past((*others, new)[-keep:])


@dataclass(frozen=True)
class Compared:
    """One figure of a comparison with the past.

    Attributes:
        table: The table it is about.
        what: What it is of, in words.
        figure: The figure; None where there is nothing to compare.
    """

    table: str
    what: str
    figure: float | None


def compare(batch: Profile, past: Past, *, least_rows: int) -> dict[str, tuple[Compared, ...]]:
    """Measure how far a batch is from the past.

    Args:
        batch: The profile of the rows that passed.
        past: The accepted batches.
        least_rows: Shares and distributions of fewer rows than this, on either side, say nothing.

    Returns:
        For each rule about the past (``validation.batch_rules.HistoryRules``) the figures it judges.
    """
    distances = tuple(_distributions(batch, past.total, least_rows, distance))
    missing = tuple(_missing(batch, past.total, least_rows))
    return {
        "rows": tuple(_multiples(batch, past)),
        "missing": missing,
        "lost_column": missing,
        "unknown_tracks": (_unknown_tracks(batch, past.total, least_rows),),
        "shift": distances,
        "upheaval": distances,
        # Whoever listens at a new hour is no error; a day that moved as a whole is found by the clock.
        "new_values": tuple(
            each for each in _distributions(batch, past.total, least_rows, new_share) if each.what != HOURS
        ),
        "clock": (_clock(batch, past.total, least_rows),),
    }


def past_file(folder: Path, source: str, person: str | None = None) -> Path:
    """Return the file of a source's past; of a person's own data, one for each person, whom it does not name."""
    return folder / (f"{source}.json" if person is None else f"{source}-{hash_json(person)[:16]}.json")


def read_past(path: Path) -> Past:
    """Read a past; without a file there is none yet.

    Raises:
        CrossfadeError: The file is damaged, or of a release that counted in other bins.
    """
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        batches = tuple(AcceptedBatch(each["at"], Profile.from_json(each["profile"])) for each in raw["batches"])
    except FileNotFoundError:
        return Past()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CrossfadeError(
            "the figures of earlier batches cannot be read",
            where=str(path),
            remedy="Remove the file: the comparison with the past then starts anew",
        ) from error
    return Past(batches)


def write_past(path: Path, past: Past) -> None:
    """Replace the file of a past in one step.

    Raises:
        CrossfadeError: The disk is full or the file cannot be written.
    """
    batches = [{"at": batch.accepted_at, "profile": batch.profile.to_json()} for batch in past.batches]
    write_text(path, json.dumps({"batches": batches}))


def _multiples(batch: Profile, past: Past) -> Iterator[Compared]:
    for table, rows in batch.rows.items():
        usual = past.usual_rows(table)
        yield Compared(table, table, rows / usual if usual else None)


def _missing(batch: Profile, past: Profile, least_rows: int) -> Iterator[Compared]:
    for column, missing in batch.missing.items():
        table, _, name = column.partition(".")
        now, before = (missing, batch.rows[table]), (past.missing.get(column, 0), past.rows.get(table, 0))
        yield Compared(table, name, _rise(now, before, least_rows))


def _unknown_tracks(batch: Profile, past: Profile, least_rows: int) -> Compared:
    now, before = ((each.unknown_tracks, each.looked_up) for each in (batch, past))
    return Compared(InteractionTable.name, "unknown tracks", _rise(now, before, least_rows))


def _rise(now: tuple[int, int], before: tuple[int, int], least_rows: int) -> float | None:
    """Return the change of a share, given as rows of that kind and all rows."""
    (rows, of), (rows_before, of_before) = now, before
    return rows / of - rows_before / of_before if min(of, of_before) >= least_rows else None


def _clock(batch: Profile, past: Profile, least_rows: int) -> Compared:
    one, other = (each.counts.get("hour") for each in (batch, past))
    moved = None
    if one is not None and other is not None and min(one.sum(), other.sum()) >= least_rows:
        moved = float(hours_moved(one, other))
    return Compared(InteractionTable.name, HOURS, moved)


def _distributions(
    batch: Profile, past: Profile, least_rows: int, measure: Callable[[Counts, Counts], float]
) -> Iterator[Compared]:
    for name, each in DISTRIBUTIONS.items():
        one, other = batch.counts.get(name), past.counts.get(name)
        figure = None
        if one is not None and other is not None and min(one.sum(), other.sum()) >= least_rows:
            figure = measure(one, other)
        yield Compared(each.table, each.words, figure)
