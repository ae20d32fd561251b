"""One reading at the gate, in as many parts as it comes in: tracks first, as the other rows refer to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.approval import Finding, Severity, Verdict
from pipelines.data.row_parsing import TABLE
from pipelines.data.tables import InteractionTable, PlaylistTable, TrackCatalogue
from validation.changed_titles import changed_title_share
from validation.distinct_texts import texts_once
from validation.figures import TABLES, Listening, measure, missing_shares
from validation.frames import interactions_frame, playlists_frame, tracks_frame
from validation.history import Past
from validation.inspection import InspectedRows, inspect_figures, inspect_history, inspect_rows
from validation.newcomers import Newcomers
from validation.opinions import Opinions
from validation.outcome import Judgement
from validation.profile import Profile, profile_look_up, profile_rows
from validation.quarantine_lines import ReasonCount, add_up, count_reasons, unreadable_rows
from validation.rules import SourceRules

if TYPE_CHECKING:
    from validation.suites import SuiteRun

_GRAVEST_FIRST = {Severity.STOP: 0, Severity.QUARANTINE: 1, Severity.WARN: 2}


class Examination:
    """A reading being judged.

    Args:
        rules: What is expected of its source, and what a breach leads to.
        now: The instant after which times lie in the future.
        set_aside: Takes what does not pass, as lines of ``validation.quarantine.QUARANTINE_SCHEMA``.
        known: Ids of tracks that the reading may refer to though it does not tell of them.
    """

    def __init__(
        self, rules: SourceRules, now: datetime, set_aside: Callable[[pa.Table], None], known: pa.Array | None = None
    ) -> None:
        self._rules = rules
        self._now = now
        self._set_aside = set_aside
        self._known = pa.array([], pa.string()) if known is None else known
        self._known_as_read = self._known
        self._tracks = TrackCatalogue.empty()
        self._listening = Listening()
        self._opinions = Opinions()
        self._newcomers = Newcomers()
        self._repeated = 0
        self._retold: float | None = None
        self._profile = Profile()
        self._read = dict.fromkeys(TABLES, 0)
        self._reasons: list[ReasonCount] = []
        self._findings: dict[tuple[str, str], Finding] = {}
        self._runs: dict[str, SuiteRun] = {}

    def rejected(self, rows: pa.Table) -> None:
        """Take rows that cleaning could not use; they count as read and lost."""
        for name in TABLES:
            self._read[name] += pc.sum(pc.equal(rows[TABLE], name)).as_py() or 0
        self._put_aside(unreadable_rows(rows))

    def repeated(self, rows: int) -> None:
        """Take the number of rows that repeated an event of another row; they count as read."""
        self._repeated += rows

    def tracks(self, given: TrackCatalogue, told: pa.Table | None = None) -> TrackCatalogue:
        """Judge the catalogue, in one piece, and return the tracks that passed.

        Args:
            given: The tracks.
            told: What the same source told of tracks before; None to compare with nothing.
        """
        self._retold = None if told is None else changed_title_share(given.data, told)
        self._tracks = TrackCatalogue(self._judge(given.name, given.data, tracks_frame(given.data)))
        self._profile += profile_rows(TrackCatalogue, self._tracks.data)
        self._known_as_read = _united(self._known, given)
        self._known = _united(self._known, self._tracks)
        return self._tracks

    def playlists(self, given: PlaylistTable) -> PlaylistTable:
        """Judge playlist rows and return those that passed."""
        kept = PlaylistTable(self._judge(given.name, given.data, playlists_frame(given.data, self._known)))
        self._profile += profile_rows(PlaylistTable, kept.data)
        return kept

    def interactions(self, given: InteractionTable, known: pa.Array | None = None) -> InteractionTable:
        """Judge all interactions of some listeners and return those that passed.

        Args:
            given: The interactions.
            known: The ids of the listeners who were there before; None to compare nobody with them.
        """
        return self._judge_interactions(given, known) if len(given) else given

    def conclude(
        self, subject: str, past: Past | None = None, *, may_be_empty: bool = False
    ) -> tuple[Judgement, tuple[SuiteRun, ...]]:
        """Judge the reading as a whole, by what passed, and compare it with what came before.

        Args:
            subject: The fingerprint of exactly what will be written.
            past: The batches of this source that were accepted before; None to compare with nothing.
            may_be_empty: Whether a source that told of nothing has told the truth.

        Returns:
            The judgement, and the suites that were run.
        """
        rules, now = self._rules, self._now
        if InteractionTable.name not in self._runs:
            self._judge_interactions(InteractionTable.empty())
        figures = measure(
            self._listening, self._profile, self._read, self._tracks, rules.batch, now, may_be_empty=may_be_empty
        )
        figures |= missing_shares(self._profile) | self._suspicions()
        whole = inspect_figures(figures, (*rules.expectations("batch"), *rules.expectations("missing")), now)
        compared = inspect_history(self._profile, past, rules, now)
        of_rows = sorted(self._findings.values(), key=lambda finding: TABLES.index(finding.table))
        findings = (*of_rows, *whole.findings, *compared.findings)
        runs = [*(self._runs[name] for name in TABLES), whole.run, compared.run]
        done = tuple(run for run in runs if run is not None)
        verdict = Verdict(
            subject=subject,
            suite=rules.hash(),
            checked=sum(len(run.results) for run in done),
            findings=tuple(sorted(findings, key=lambda finding: _GRAVEST_FIRST[finding.severity])),
        )
        judgement = Judgement(
            verdict=verdict,
            read=self._read,
            kept=self._profile.rows,
            reasons=add_up(self._reasons),
            figures=figures,
            profile=self._profile,
            notes=compared.notes,
        )
        return judgement, done

    def _suspicions(self) -> dict[str, float | None]:
        """Return the figures that tell of rows each of which may be right; None where there is nothing to measure."""
        read = self._read[InteractionTable.name] + self._repeated
        return {
            "repeated": self._repeated / read if read else None,
            "opinions": self._opinions.agreement(),
            "pushed_track": self._newcomers.lead(),
            "retold_tracks": self._retold,
        }

    def _judge_interactions(self, given: InteractionTable, known: pa.Array | None = None) -> InteractionTable:
        rows = texts_once(given.data)
        judged = self._judge(given.name, given.data, interactions_frame(rows, self._known))
        passed = rows if judged is given.data else texts_once(judged)
        self._profile += profile_rows(InteractionTable, passed) + profile_look_up(rows, self._known_as_read)
        self._listening += Listening.of(passed)
        self._opinions += Opinions.of(passed)
        if known is not None:
            self._newcomers += Newcomers.of(passed, known)
        return InteractionTable(judged)

    def _judge(self, table: str, rows: pa.Table, frame: pa.Table) -> pa.Table:
        """Judge rows one by one, and return those that passed."""
        inspected = inspect_rows(rows, frame, self._rules.expectations(table), self._now)
        self._read[table] += rows.num_rows
        self._put_aside(inspected.quarantined)
        self._note(inspected)
        return inspected.kept

    def _put_aside(self, lines: pa.Table) -> None:
        if lines.num_rows:
            self._reasons += count_reasons(lines)
            self._set_aside(lines)

    def _note(self, inspected: InspectedRows) -> None:
        """Add what was found in a part of a table to what was found in the parts before."""
        from validation.suites import joined

        for finding in inspected.findings:
            key = (finding.table, finding.expectation)
            before = self._findings.get(key)
            self._findings[key] = replace(before, rows=before.rows + finding.rows) if before else finding
        name = inspected.run.name
        self._runs[name] = joined(self._runs[name], inspected.run) if name in self._runs else inspected.run


def _united(known: pa.Array, tracks: TrackCatalogue) -> pa.Array:
    return pc.unique(pa.chunked_array([known, *tracks.data[c.TRACK_ID].chunks]))
