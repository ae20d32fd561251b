"""Where rows come from and what they may be used for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Use(StrEnum):
    """A permitted use of a row."""

    DISPLAY = "display"
    SEED = "seed"
    TRAIN = "train"


ALL_USES = frozenset(Use)


@dataclass(frozen=True)
class Provenance:
    """The origin of one source's rows.

    Attributes:
        source: The name rows carry in their ``source`` column.
        origin: Where the data comes from, in words or as an address.
        licence: The licence or the terms it is used under.
        uses: What the rows may be used for; the trainer reads only rows with ``train``.
        checksum: SHA-256 of the file that was read, where there is one.
    """

    source: str
    origin: str
    licence: str
    uses: frozenset[Use] = field(default=ALL_USES)
    checksum: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form with the uses sorted."""
        return {**asdict(self), "uses": sorted(self.uses)}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Provenance:
        """Read what ``to_json`` wrote."""
        return cls(**{**raw, "uses": frozenset(Use(use) for use in raw["uses"])})


def trainable_sources(provenance: tuple[Provenance, ...]) -> tuple[str, ...]:
    """Return the names of the sources whose rows may train a model, sorted."""
    return tuple(sorted(entry.source for entry in provenance if Use.TRAIN in entry.uses))
