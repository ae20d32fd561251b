"""A snapshot as matrices: listeners x tracks, and tracks x side information."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import scipy.sparse as sp

from pipelines.data.entities import Matches
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.timeline import Timeline


@dataclass(frozen=True)
class Dataset:
    """What training and evaluation read.

    Attributes:
        snapshot_id: The snapshot this was made from.
        users: Listener ids; index = row of ``histories``.
        tracks: Track ids; index = column of ``histories``.
        histories: Listeners x tracks, float32; strength of preference in plays.
        ratings: Listeners x tracks, float32; rating on the 1 to 5 scale, in the places of ``histories``.
        items: Side information blocks, tracks x features each, rows of unit length.
        catalogue: One row a track, in the order of ``tracks``.
        left_out: How many listeners, tracks and rows were left out, by reason.
        consents: Ids of the consents the rows rest on, sorted.
        matches: The other ids these tracks have.
        timeline: When the histories grew; None where the sources have no times.
    """

    snapshot_id: str
    users: Vocabulary
    tracks: Vocabulary
    histories: sp.csr_array
    ratings: sp.csr_array
    items: Mapping[str, sp.csr_array]
    catalogue: TrackCatalogue
    left_out: Mapping[str, int]
    consents: tuple[str, ...] = ()
    matches: Matches = field(default_factory=Matches.none)
    timeline: Timeline | None = None

    @cached_property
    def times(self) -> sp.csr_array | None:
        """Day (since 1970) of each preference's last interaction, in the places of ``histories``; NaN if not known."""
        return self.timeline.last() if self.timeline is not None else None
