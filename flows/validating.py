"""Judging data without keeping any of it, in bounded memory: a snapshot, or what a source would bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from flows.contract import contract_of, rules_of
from flows.settings import Settings
from pipelines.atomic import clear_drafts, new_folder
from pipelines.data.buckets import partitions
from pipelines.data.canonical import Digests, bucket_digests, in_order, sort_rows
from pipelines.data.cleaning import Intake, read
from pipelines.data.deduplication import merge_interactions
from pipelines.data.hashing import hash_table
from pipelines.data.snapshot import Snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, TrackCatalogue
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.sources.base import Source
from validation.examination import Examination
from validation.gate import write_docs
from validation.history import Past
from validation.outcome import Judgement
from validation.rules import SourceRules

#: Below ``work/``: what of a source does not fit in memory. Ingestions clear what lies in ``work/`` itself.
_FOLDER: Final = "validating"
_PATIENCE_SECONDS: Final = 3600.0


def judge_snapshot(snapshot: Snapshot, settings: Settings) -> Judgement:
    """Let the gate judge a snapshot, one of its files after the other.

    Raises:
        CrossfadeError: The snapshot is damaged, or an expectation could not be evaluated.
    """
    judging = _Judging(rules_of(snapshot, settings))
    judging.look_at(snapshot.catalogue(), snapshot.batches(), snapshot.playlists())
    return judging.conclude(settings.layout)


def judge_source(source: Source, settings: Settings) -> Judgement:
    """Let the gate judge what a source would bring, compared with its past.

    Raises:
        CrossfadeError: The source cannot be read, an expectation could not be evaluated, or another validation takes
            too long.
    """
    home, contract = settings.layout, contract_of(source, settings)
    waiting = home.work / _FOLDER
    with only_one(waiting, patience=_PATIENCE_SECONDS):
        clear_drafts(waiting)
        with new_folder(waiting) as draft:
            intake = read(source, draft.path)
            judging = _Judging(contract.rules)
            for rows in intake.rejected:
                judging.examination.rejected(rows)
            judging.look_at(intake.tracks, _merged(intake), intake.playlists)
            return judging.conclude(home, contract.past)


class _Judging:
    """An examination of which nothing is kept but what it found."""

    def __init__(self, rules: SourceRules) -> None:
        self._now = datetime.now(UTC)
        self.examination = Examination(rules, self._now, lambda _: None)
        self._subject = ""

    def look_at(
        self, tracks: TrackCatalogue, interactions: Iterable[InteractionTable], playlists: PlaylistTable
    ) -> None:
        """Judge all rows; interactions come as all of some listeners', in the order of their buckets."""
        passed = (self.examination.tracks(tracks), self.examination.playlists(playlists))
        digests: dict[int, str] = {}
        for some in interactions:
            digests |= bucket_digests(in_order(self.examination.interactions(some).data))
        others = {table.name: hash_table(sort_rows(table.data, table.name)) for table in passed}
        self._subject = Digests(digests, others).fingerprint

    def conclude(self, home: Home, past: Past | None = None) -> Judgement:
        """Judge the whole, and write the Data Docs."""
        judgement, runs = self.examination.conclude(self._subject, past)
        return write_docs(home.data_docs, judgement, runs, self._now)


def _merged(intake: Intake) -> Iterator[InteractionTable]:
    for buckets in partitions(intake.interactions.rows):
        yield InteractionTable(merge_interactions(intake.interactions.rows_of(buckets)).rows)
