"""The stages of a night, and by which laws each grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.testing.capacity.laws import Law, law

SECONDS, MEMORY = "processor seconds", "peak MB"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: As the rows of the figures name it.
        engine: What does the work: "local" or "spark".
        seconds_by: What its processor time grows with.
        memory_by: What its memory grows with.
        spreads: Whether all cores of a machine share the work.
        whole: Whether it takes one machine, however many there are.
        words: What it does.
        then: What changes where one machine is not enough.
    """

    name: str
    engine: str
    seconds_by: tuple[str, ...]
    memory_by: tuple[str, ...]
    spreads: bool
    words: str
    then: str


STAGES = (
    Stage(
        "ingest",
        "local",
        ("plays", "tracks"),
        ("plays", "tracks"),
        spreads=False,
        words="read, clean, join, judge by the gate, freeze",
        then="read a window at a time (a reading adds to what is there); parse and merge on Spark; the gate stays one "
        "process",
    ),
    Stage(
        "gate",
        "local",
        ("plays",),
        ("plays", "tracks"),
        spreads=False,
        words="judge a snapshot again, a file at a time (`crossfade validate`; part of ingest already)",
        then="one process for each source or window",
    ),
    Stage(
        "features",
        "local",
        ("plays",),
        (),
        spreads=True,
        words="plays to preferences",
        then="read on Spark, a file a task; the matrix still comes together on one machine",
    ),
    Stage(
        "fit",
        "local",
        ("products", "tracks"),
        ("pairs", "tracks"),
        spreads=True,
        words="co-occurrence and regressions of SLIM-ridge, K = 50",
        then="for memory a larger machine, or a larger core (`[matrix] core`), which leaves out what few have played; "
        "for hours Spark, a block of tracks a task",
    ),
    Stage(
        "evaluation",
        "local",
        ("scores",),
        ("tested", "tracks"),
        spreads=True,
        words="rank the whole catalogue for every tested listener, metrics",
        then="test a sample of listeners; candidates and folds on Dask",
    ),
    Stage(
        "lists",
        "local",
        ("listeners", "tracks"),
        ("listeners", "tracks"),
        spreads=True,
        words="a hundred tracks for everybody, to finished shards",
        then="shards on Dask: no two share anything",
    ),
    Stage(
        "features",
        "spark",
        ("plays",),
        (),
        spreads=True,
        words="plays to preferences on Spark",
        then="more executors",
    ),
    Stage(
        "fit",
        "spark",
        ("pairs",),
        ("pairs",),
        spreads=True,
        words="the same fit on Spark, its start and the copies between processes included",
        then="more executors",
    ),
)


@dataclass(frozen=True)
class Laws:
    """The laws of one stage; ``memory`` is missing where it is counted with the stage after it."""

    stage: Stage
    seconds: Law
    memory: Law | None
    runs: tuple[Mapping[str, Any], ...]


def laws_of(rows: Sequence[Mapping[str, Any]]) -> list[Laws]:
    """Fit the laws of every stage on the measured rows.

    A row without one of the drivers of a law says nothing to that law.

    Raises:
        ValueError: A stage has too few runs.
    """
    found = []
    for stage in STAGES:
        own = tuple(row for row in rows if (row["stage"], row["engine"]) == (stage.name, stage.engine))
        memory = _law(MEMORY, stage.memory_by, own) if stage.memory_by else None
        found.append(Laws(stage, _law(SECONDS, stage.seconds_by, own), memory, own))
    return found


def _law(quantity: str, drivers: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Law:
    return law(quantity, drivers, [row for row in rows if all(name in row for name in (quantity, *drivers))])
