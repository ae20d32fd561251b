"""What the gate asks of one source here: its rules, and the batches of it that were accepted before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.settings import Settings
from pipelines.data.people import person_id
from pipelines.data.reading import Reading
from pipelines.data.snapshot import Snapshot
from pipelines.sources.base import PersonOptions, Source
from validation.history import Past, past_file, read_past, write_past
from validation.profile import Profile
from validation.rules import GateRules, SourceRules


@dataclass(frozen=True)
class Contract:
    """Rules and past of one source.

    Attributes:
        rules: The rules in force.
        past: What was accepted before; of a person's own data, only that person's.
        file: Where the past is kept; None where a batch is not to become part of it.
    """

    rules: SourceRules
    past: Past
    file: Path | None

    def accept(self, batch: Profile, now: datetime) -> None:
        """Make a batch part of the past; only what was let in may become one.

        Raises:
            CrossfadeError: The disk is full or the home folder cannot be written.
        """
        if self.file is not None:
            write_past(self.file, self.past.with_batch(batch, now, keep=self.rules.past.keep))


def gate_rules(settings: Settings) -> GateRules:
    """Return the rules for all sources.

    Raises:
        ConfigError: The file of rules cannot be read, or holds an unknown key or an impossible value.
    """
    return GateRules.from_toml(settings.gate) if settings.gate else GateRules()


def rules_of(snapshot: Snapshot, settings: Settings) -> SourceRules:
    """Return what the gate asks of a whole snapshot: of people's own data alone, no more than of one person's.

    Raises:
        ConfigError: As for ``gate_rules``.
    """
    rules = gate_rules(settings)
    only_people = set(snapshot.readings.values()) == {Reading.PERSON}
    return rules.for_source("", Reading.PERSON) if only_people else rules


def contract_of(source: Source, settings: Settings) -> Contract:
    """Return what the gate asks of a source.

    Raises:
        ConfigError: As for ``gate_rules``.
        CrossfadeError: The figures of earlier batches are damaged.
    """
    person = person_id(source.options.listener) if isinstance(source.options, PersonOptions) else None
    file = past_file(settings.layout.accepted_batches, source.name, person)
    return Contract(gate_rules(settings).for_source(source.name, source.reading), read_past(file), file)
