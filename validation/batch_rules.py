"""What the gate asks of a batch as a whole: its figures, its missing values, and how far it is from the past.

These rules judge figures (``validation.figures``, ``validation.history``), so they can only warn or stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.config import Settings
from pipelines.data.tables import InteractionTable, PlaylistTable, Table, TrackCatalogue
from validation.kinds import Action, AtLeast, AtMost, Dominance, EachAtMost, EachWithin
from validation.profile import optional_columns
from validation.section import Expectation, Section, declare

_TABLES: tuple[type[Table], ...] = (InteractionTable, TrackCatalogue, PlaylistTable)
_NOT_WHAT_IT_CLAIMS = "when every fifth row is bad, the input is not what it claims to be"


def _lost(table: str, action: Literal[Action.WARN, Action.STOP], why: str) -> AtMost:
    what = "the share of rows that were unreadable or set aside"
    return declare(AtMost(action=action, at_most=0.2), what, why, table=table)


class BatchRules(Section):
    """What the tables as a whole have to satisfy; the figures are those of ``validation.figures``."""

    interactions: AtLeast = declare(
        AtLeast(action=Action.STOP, at_least=1),
        "the number of rows that passed",
        "there is nothing to learn from",
        table="interactions",
    )
    listeners: AtLeast = declare(
        AtLeast(action=Action.STOP, at_least=5),
        "the number of listeners",
        "five folds of listeners need five of them; taste is learned from others",
        table="interactions",
    )
    tracks_played: AtLeast = declare(
        AtLeast(action=Action.STOP, at_least=10),
        "the number of different tracks with interactions",
        "a list of ten needs ten tracks",
        table="interactions",
    )
    interactions_lost: AtMost = _lost("interactions", Action.STOP, _NOT_WHAT_IT_CLAIMS)
    tracks_lost: AtMost = _lost("tracks", Action.STOP, _NOT_WHAT_IT_CLAIMS)
    playlists_lost: AtMost = _lost(
        "playlists", Action.WARN, "people's lists hold tracks no catalogue has; nothing else rests on them"
    )
    join_rate: AtLeast = declare(
        AtLeast(action=Action.STOP, at_least=0.9),
        "the share of interactions, as read, whose track stands in the catalogue",
        "tables that do not fit together are of different worlds, or their ids are written differently",
        table="interactions",
    )
    largest_listener: Dominance = declare(
        Dominance(action=Action.WARN, at_most=0.6, listeners_above=20),
        "the share of rows of the most active listener",
        "one account that outweighs all others is a shop or a robot, and the model would learn its taste",
        table="interactions",
    )
    distinct_play_counts: AtLeast = declare(
        AtLeast(action=Action.WARN, at_least=2),
        "the number of different play counts",
        "counts that are all equal carry no strength: the model then only knows who heard what",
        table="interactions",
    )
    repeated: AtMost = declare(
        AtMost(action=Action.WARN, at_most=0.1),
        "the share of interactions, as read, that repeat an event of another row",
        "an export that was written twice does no harm here, but whoever wrote it ought to know",
        table="interactions",
    )
    opinions: AtLeast = declare(
        AtLeast(action=Action.STOP, at_least=0.6),
        "the chance, at best, that a liked track was heard more than a disliked one",
        "where people hear what they dislike, likes and dislikes have changed places",
        table="interactions",
    )
    pushed_track: AtMost = declare(
        AtMost(action=Action.STOP, at_most=0.1),
        "the lead of a track among newcomers over the listeners who were there, less three standard errors,",
        "accounts made to push a track have it in common; a hit is heard by everybody",
        table="interactions",
    )
    retold_tracks: AtMost = declare(
        AtMost(action=Action.STOP, at_most=0.2),
        "the share of the tracks told of before that now have another title",
        "ids that have slipped still join, and name other tracks",
        table="tracks",
    )
    constant_features: AtMost = declare(
        AtMost(action=Action.WARN, at_most=0),
        "the number of audio features with the same value for every track",
        "a constant is a default someone filled in; a missing feature has to stay missing",
        table="tracks",
    )
    age_days: AtMost | None = declare(
        None,
        "the age of the newest row in days",
        "a source that is read regularly and has nothing new has stopped, or an old file is read again",
        table="interactions",
    )


class MissingRules(Settings):
    """How many rows may lack a value: the largest share, by table and column. A column not named may be empty."""

    interactions: dict[str, AtMost] = Field(default_factory=dict)
    tracks: dict[str, AtMost] = Field(default_factory=dict)
    playlists: dict[str, AtMost] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _columns_exist(self) -> Self:
        for table in _TABLES:
            columns = optional_columns(table)
            for name in getattr(self, table.name):
                if name not in columns:
                    raise ValueError(f"'{table.name}.{name}' is no column that may be missing: {', '.join(columns)}")
        return self

    def expectations(self, section: str) -> Iterator[Expectation]:
        """Yield one expectation a column, in the order of the columns."""
        for table in _TABLES:
            rules: Mapping[str, AtMost] = getattr(self, table.name)
            for name in optional_columns(table):
                if name in rules:
                    yield Expectation(
                        name=f"{section}.{table.name}.{name}",
                        table=table.name,
                        reads=f"missing.{table.name}.{name}",
                        columns=(name,),
                        rule=rules[name],
                        words=f"the share of rows without {name} {rules[name].wanted()}",
                        why="a column that is empty here and full elsewhere was lost on the way",
                    )


class HistoryRules(Section):
    """How far a batch may be from the accepted batches of its source; the figures are those of ``validation.history``.

    Each rule judges several figures: one a table, a column or a distribution.
    """

    rows: EachWithin = declare(
        EachWithin(action=Action.WARN, minimum=0.2, maximum=5),
        "the rows of each table, as a multiple of the median of the accepted batches,",
        "a reading that is five times smaller or larger than usual was cut short, or is of something else",
    )
    missing: EachAtMost = declare(
        EachAtMost(action=Action.WARN, at_most=0.1),
        "the share of rows without a value, of each column, less that in the accepted batches,",
        "a column that was there and is not any more was renamed at its source",
    )
    lost_column: EachAtMost = declare(
        EachAtMost(action=Action.STOP, at_most=0.5),
        "the share of rows without a value, of each column, less that in the accepted batches,",
        "when most rows have lost a value, the column was lost, and what is learned from it with it",
    )
    unknown_tracks: EachAtMost = declare(
        EachAtMost(action=Action.WARN, at_most=0.05),
        "the share of interactions about unknown tracks, less that in the accepted batches,",
        "plays and catalogue have begun to drift apart",
    )
    shift: EachAtMost = declare(
        EachAtMost(action=Action.WARN, at_most=0.2),
        "the Jensen-Shannon distance of each distribution from that of the accepted batches",
        "0.2 is the distance of two bell curves half a standard deviation apart: worth a look",
    )
    upheaval: EachAtMost = declare(
        EachAtMost(action=Action.STOP, at_most=0.5),
        "the Jensen-Shannon distance of each distribution from that of the accepted batches",
        "0.5 is the distance of two bell curves one and a third standard deviations apart: another unit, or other data",
    )
    new_values: EachAtMost = declare(
        EachAtMost(action=Action.STOP, at_most=0.1),
        "the share of each distribution where the accepted batches have hardly any rows",
        "a new kind, unit or default in some rows is seen here while the distribution as a whole is much the same",
    )
    clock: EachAtMost = declare(
        EachAtMost(action=Action.STOP, at_most=1),
        "the hours by which the day has moved against that of the accepted batches",
        "an hour is summer time; more are local times taken for UTC, and a play read again is then another play",
        table="interactions",
    )


class PastRules(Settings):
    """How much of the past is kept, and how much of it a comparison needs.

    Attributes:
        keep: Accepted batches kept of each source; the oldest go first.
        least_batches: With fewer accepted batches than this nothing is compared.
        least_rows: Shares and distributions are compared where both sides have at least this many rows: the distance
            of two samples of 1,000 rows of the same data is below 0.1.
    """

    keep: int = Field(default=20, ge=1)
    least_batches: int = Field(default=3, ge=1)
    least_rows: int = Field(default=1_000, ge=1)
