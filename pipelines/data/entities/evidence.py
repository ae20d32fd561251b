"""Why two tracks are one recording, or are not: the rules by name, and the table that tells."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import pyarrow as pa

from pipelines.data import columns as c

CANONICAL_ID: Final = "canonical_id"
MATCHED_ID: Final = "matched_id"
RULE: Final = "rule"
EVIDENCE: Final = "evidence"

#: One row a track that goes by another one's id.
MATCH_SCHEMA: Final = pa.schema(
    [
        pa.field(c.TRACK_ID, pa.string(), nullable=False),
        pa.field(CANONICAL_ID, pa.string(), nullable=False),
        pa.field(MATCHED_ID, pa.string(), nullable=False),
        pa.field(RULE, pa.string(), nullable=False),
        pa.field(EVIDENCE, pa.string(), nullable=False),
    ]
)

#: So far apart may two lengths of one recording be, in milliseconds: encoders and shops cut silence differently.
LENGTH_TOLERANCE_MS: Final = 5_000

#: A code or a name that more tracks share tells too little: a placeholder ("Track 01"), or a name like "Allegro".
MOST_ALIKE: Final = 30


class Rule(IntEnum):
    """What joins two tracks, strongest first."""

    CORRECTION = 0
    ISRC = 1
    MBID = 2
    NAME = 3

    @property
    def word(self) -> str:
        """The rule as it stands in tables."""
        return self.name.lower()


class Veto(IntEnum):
    """What keeps two tracks of one name apart; of several the first is named."""

    NONE = 0
    CORRECTION = 1
    SAME_AUTHORITY = 2
    ISRC = 3
    MBID = 4
    LENGTH = 5
    ARTISTS = 6
    CROWD = 7

    @property
    def words(self) -> str:
        """The reason in words."""
        return _VETO_WORDS[self]


_VETO_WORDS: Final = {
    Veto.NONE: "nothing keeps them apart, but one of them fits another track better",
    Veto.CORRECTION: "a correction says they are not the same",
    Veto.SAME_AUTHORITY: "the same catalogue holds them as two tracks",
    Veto.ISRC: "their ISRCs differ",
    Veto.MBID: "their MusicBrainz recordings differ",
    Veto.LENGTH: f"their lengths differ by more than {LENGTH_TOLERANCE_MS / 1000:g} s",
    Veto.ARTISTS: "their artists differ",
    Veto.CROWD: f"more than {MOST_ALIKE} tracks bear this name",
}
