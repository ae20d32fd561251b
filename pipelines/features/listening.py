"""From the rows of a snapshot to preferences: file by file, as each holds all rows of its listeners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.permissions import Permissions
from pipelines.data.snapshot import Snapshot
from pipelines.data.tables import InteractionTable
from pipelines.features.listens import told_once
from pipelines.features.preferences import Preferences, joined, preferences
from pipelines.parallel import even_spans, spread


@dataclass(frozen=True)
class Listening:
    """What the rows that may train say.

    Attributes:
        known: The preferences.
        rows: How many interactions were read.
        told_twice: How many of them do not count, as another row tells of the same play.
        consents: Ids of the consents the rows rest on, sorted.
    """

    known: Preferences
    rows: int
    told_twice: int
    consents: tuple[str, ...]


def listening(snapshot: Snapshot, rules: PreferenceRules, permissions: Permissions) -> Listening:
    """Read the rows of a snapshot that may train, wherever work is done, and make preferences of them.

    Only preferences leave the place where rows are read. A cluster has to see the snapshot's folder.
    """
    shared = _Reading(snapshot, rules, permissions)
    parts = list(spread(_listening_of, shared, even_spans(len(snapshot.parts), 1)))
    return Listening(
        joined([part.known for part in parts]),
        sum(part.rows for part in parts),
        sum(part.told_twice for part in parts),
        tuple(sorted(set().union(*(part.consents for part in parts)))),
    )


@dataclass(frozen=True)
class _Reading:
    """What is read, and by which rules."""

    snapshot: Snapshot
    rules: PreferenceRules
    permissions: Permissions


def _listening_of(reading: _Reading, start: int, stop: int) -> Listening:
    """Return what some files say."""
    as_told = reading.snapshot.training_rows(reading.permissions, slice(start, stop)).data
    interactions = reading.snapshot.matches.renamed(as_told)
    once = told_once(as_told, interactions[c.TRACK_ID])
    known = preferences(InteractionTable(interactions.filter(pa.array(once))), reading.rules)
    consents = tuple(pc.unique(interactions[c.CONSENT]).drop_null().to_pylist())
    return Listening(known, len(once), int(np.count_nonzero(~once)), consents)
