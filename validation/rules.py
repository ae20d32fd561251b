"""The data contract: every rule the gate applies, with its thresholds and what a breach leads to.

A section is a table, a field a rule; a field's title says what the rule looks at and its description why the rule is
there, so the contract in ``docs/`` is generated from here. ``infra/config/gate.toml`` holds the same values: a test
sees to it. Rules are tried in the order of the fields, and a row that breaks several is counted under the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from pipelines.config import Settings
from pipelines.data import columns as c
from validation.kinds import (
    Action,
    AtLeast,
    AtMost,
    Between,
    Dominance,
    Given,
    Holds,
    Matches,
    OneOf,
    Period,
    Rule,
    Unique,
)

_R = TypeVar("_R", bound=Rule)

_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Expectation:
    """A rule, bound to the column it reads.

    Attributes:
        name: Where the rule stands in the configuration ("tracks.tempo").
        table: The table it is about.
        reads: The column of the checked frame (see ``validation.frames``); also the rule's own name.
        columns: The columns of the table the rule speaks of: the first is shown, all are blanked.
        rule: Kind, thresholds and action.
        words: What is expected, as a sentence after "expected".
        why: The reason.
    """

    name: str
    table: str
    reads: str
    columns: tuple[str, ...]
    rule: Rule
    words: str
    why: str


def _rule(default: _R, what: str, why: str, *, columns: tuple[str, ...] = (), table: str | None = None) -> _R:
    """Declare a rule: its default, what it looks at, why it is there, and where that is not the field's own name."""
    extra: Any = {"columns": list(columns), "table": table}
    return Field(default=default, title=what, description=why, json_schema_extra=extra)


class Section(Settings):
    """The rules of one table; a field that a file leaves out, or a part of it, keeps its default."""

    never_blank: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        defaults = {name: field.default.model_dump() for name, field in cls.model_fields.items()}
        return {
            name: {**defaults[name], **value} if name in defaults and isinstance(value, Mapping) else value
            for name, value in given.items()
        }

    @model_validator(mode="after")
    def _required_values_stay(self) -> Self:
        for name in sorted(self.never_blank):
            if getattr(self, name).action is Action.BLANK:
                raise ValueError(f"'{name}' cannot be blanked, because its value is required: warn, quarantine or stop")
        return self

    def expectations(self, table: str) -> Iterator[Expectation]:
        """Yield the rules in order, bound to their columns."""
        for name, field in type(self).model_fields.items():
            rule: Rule = getattr(self, name)
            extra: Any = field.json_schema_extra
            yield Expectation(
                name=f"{table}.{name}",
                table=extra["table"] or table,
                reads=name,
                columns=tuple(extra["columns"]) or (name,),
                rule=rule,
                words=f"{field.title} {rule.wanted()}".strip(),
                why=str(field.description),
            )


class InteractionRules(Section):
    """What every row of the interaction table has to satisfy."""

    never_blank = frozenset({"user_id", "track_id", "source", "kind", "known_track", "value", "play_count", "rating"})

    user_id: Given = _rule(Given(action=Action.QUARANTINE), "the listener's id", "a row nobody made says nothing")
    track_id: Given = _rule(Given(action=Action.QUARANTINE), "the track's id", "a row about no track says nothing")
    source: Given = _rule(
        Given(action=Action.QUARANTINE), "the source", "what a row may be used for depends on where it comes from"
    )
    kind: OneOf = _rule(OneOf(action=Action.QUARANTINE, values=c.KINDS), "the kind", "preferences are derived by kind")
    known_track: Holds = _rule(
        Holds(action=Action.QUARANTINE),
        "the track to stand in the catalogue",
        "nothing can be shown about a track that is not there; tracks that were set aside do not count",
        columns=(c.TRACK_ID,),
    )
    value: Given = _rule(
        Given(action=Action.QUARANTINE), "the value of a play_count or a rating", "without the number there is no row"
    )
    play_ms: Between = _rule(
        Between(action=Action.QUARANTINE, minimum=0, maximum=_DAY_MS),
        "the length of a play in ms",
        "no play lasts less than nothing or more than a day",
        columns=(c.VALUE,),
    )
    play_count: Between = _rule(
        Between(action=Action.QUARANTINE, minimum=1, maximum=10_000_000),
        "the number of plays",
        "a total counts at least one play; ten million would take a lifetime without sleep",
        columns=(c.VALUE,),
    )
    rating: Between = _rule(
        Between(action=Action.QUARANTINE, minimum=1, maximum=5),
        "the rating",
        "ratings are brought to the scale of 1 to 5 before they get here",
        columns=(c.VALUE,),
    )
    at: Period = _rule(
        Period(action=Action.QUARANTINE, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=1),
        "the time",
        "Last.fm began to record listening in 2002, nothing earlier is a record; a day covers clocks and time zones",
    )


_FEATURE_WHY = "the range in which Spotify publishes it"


def _share(what: str, why: str = _FEATURE_WHY, *, above: bool = False) -> Between:
    return _rule(Between(action=Action.BLANK, minimum=0, maximum=1, above=above), what, why)


class TrackRules(Section):
    """What every row of the track catalogue has to satisfy.

    A bad value beside the title is made missing and the track stays: it would be a pity to lose all its plays.
    """

    never_blank = frozenset({"track_id", "source"})

    track_id: Given = _rule(Given(action=Action.QUARANTINE), "the track's id", "everything refers to tracks by it")
    unique_id: Unique = _rule(
        Unique(action=Action.STOP),
        "the track's id",
        "with two rows for one track nobody knows which is true",
        columns=(c.TRACK_ID,),
    )
    source: Given = _rule(
        Given(action=Action.QUARANTINE), "the source", "what a row may be used for depends on where it comes from"
    )
    title: Given = _rule(
        Given(action=Action.QUARANTINE), "the title", "a recommendation without a title is an empty line"
    )
    artists: Given = _rule(Given(action=Action.WARN), "an artist", "people and the content model know tracks by artist")
    duration_ms: Between = _rule(
        Between(action=Action.BLANK, minimum=1, maximum=_DAY_MS),
        "the length in ms",
        "0 and less, or days, are mistakes",
    )
    release_date: Holds = _rule(
        Holds(action=Action.BLANK),
        "the release date to be a day of the calendar as YYYY, YYYY-MM or YYYY-MM-DD",
        "the era of a track is read from it; catalogues write 0000 where they do not know",
        columns=(c.RELEASE_DATE, c.RELEASE_PRECISION),
    )
    released: Period = _rule(
        Period(action=Action.BLANK, earliest=datetime(1860, 1, 1, tzinfo=UTC), tolerance_days=366),
        "the release date",
        "the oldest sound recording is of 1860; releases are announced up to a year ahead",
        columns=(c.RELEASE_DATE, c.RELEASE_PRECISION),
    )
    release_date_precision: OneOf = _rule(
        OneOf(action=Action.BLANK, values=("year", "month", "day")),
        "the precision of the release date",
        "Spotify's words",
    )
    isrc: Matches = _rule(
        Matches(
            action=Action.BLANK,
            pattern=r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$",
            form="two letters, three letters or digits and seven digits, in capitals",
        ),
        "the ISRC",
        "recordings of several sources are joined by it, so a wrong one joins strangers",
    )
    tag_weights: Holds = _rule(
        Holds(action=Action.BLANK),
        "every tag to have one finite weight of 0 or more",
        "weights that do not line up with the tags belong to other tags",
    )
    danceability: Between = _share(
        "danceability", "the range in which Spotify publishes it; 0 is what it gives where it found no beat", above=True
    )
    energy: Between = _share("energy")
    loudness: Between = _rule(
        Between(action=Action.BLANK, minimum=-60, maximum=5),
        "loudness in dB",
        "Spotify says -60 to 0, and loud masters measure up to 4 dB above",
    )
    speechiness: Between = _share("speechiness")
    acousticness: Between = _share("acousticness")
    instrumentalness: Between = _share("instrumentalness")
    liveness: Between = _share("liveness")
    valence: Between = _share("valence")
    tempo: Between = _rule(
        Between(action=Action.BLANK, minimum=0, maximum=250, above=True),
        "tempo in beats per minute",
        "0 is what Spotify gives where it found no beat, and nothing measured is faster than 250",
    )
    key: Between = _rule(
        Between(action=Action.BLANK, minimum=-1, maximum=11), "the key", "the twelve pitch classes; -1 is none found"
    )
    mode: OneOf = _rule(OneOf(action=Action.BLANK, values=(0, 1)), "the mode", "0 is minor, 1 is major")
    time_signature: Between = _rule(
        Between(action=Action.BLANK, minimum=0, maximum=7),
        "the beats in a bar",
        "Spotify says 3 to 7; 0 (none found) and 1 occur in its data",
    )


class PlaylistRules(Section):
    """What every row of the playlist table has to satisfy."""

    never_blank = frozenset({"playlist_id", "track_id", "source", "known_track"})

    playlist_id: Given = _rule(Given(action=Action.QUARANTINE), "the playlist's id", "rows are grouped by it")
    track_id: Given = _rule(Given(action=Action.QUARANTINE), "the track's id", "a row about no track says nothing")
    source: Given = _rule(
        Given(action=Action.QUARANTINE), "the source", "what a row may be used for depends on where it comes from"
    )
    known_track: Holds = _rule(
        Holds(action=Action.QUARANTINE),
        "the track to stand in the catalogue",
        "nothing can be shown about a track that is not there; tracks that were set aside do not count",
        columns=(c.TRACK_ID,),
    )
    position: Between = _rule(
        Between(action=Action.BLANK, minimum=0, maximum=1_000_000), "the position", "places are counted from 0"
    )
    added_at: Period = _rule(
        Period(action=Action.BLANK, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=1),
        "the time of adding",
        "the same period as for interactions",
    )


class BatchRules(Section):
    """What the tables as a whole have to satisfy; the figures are those of ``validation.figures``."""

    interactions: AtLeast = _rule(
        AtLeast(action=Action.STOP, at_least=1),
        "the number of rows that passed",
        "there is nothing to learn from",
        table="interactions",
    )
    listeners: AtLeast = _rule(
        AtLeast(action=Action.STOP, at_least=5),
        "the number of listeners",
        "five folds of listeners need five of them; taste is learned from others",
        table="interactions",
    )
    tracks_played: AtLeast = _rule(
        AtLeast(action=Action.STOP, at_least=10),
        "the number of different tracks with interactions",
        "a list of ten needs ten tracks",
        table="interactions",
    )
    interactions_lost: AtMost = _rule(
        AtMost(action=Action.STOP, at_most=0.2),
        "the share of rows that were unreadable or set aside",
        "when every fifth row is bad, the input is not what it claims to be",
        table="interactions",
    )
    tracks_lost: AtMost = _rule(
        AtMost(action=Action.STOP, at_most=0.2),
        "the share of rows that were unreadable or set aside",
        "when every fifth row is bad, the input is not what it claims to be",
        table="tracks",
    )
    playlists_lost: AtMost = _rule(
        AtMost(action=Action.WARN, at_most=0.2),
        "the share of rows that were unreadable or set aside",
        "people's lists hold tracks no catalogue has; nothing else rests on them",
        table="playlists",
    )
    join_rate: AtLeast = _rule(
        AtLeast(action=Action.STOP, at_least=0.9),
        "the share of interactions, as read, whose track stands in the catalogue",
        "tables that do not fit together are of different worlds, or their ids are written differently",
        table="interactions",
    )
    largest_listener: Dominance = _rule(
        Dominance(action=Action.WARN, at_most=0.6, listeners_above=20),
        "the share of rows of the most active listener",
        "one account that outweighs all others is a shop or a robot, and the model would learn its taste",
        table="interactions",
    )
    distinct_play_counts: AtLeast = _rule(
        AtLeast(action=Action.WARN, at_least=2),
        "the number of different play counts",
        "counts that are all equal carry no strength: the model then only knows who heard what",
        table="interactions",
    )
    constant_features: AtMost = _rule(
        AtMost(action=Action.WARN, at_most=0),
        "the number of audio features with the same value for every track",
        "a constant is a default someone filled in; a missing feature has to stay missing",
        table="tracks",
    )


class GateRules(Settings):
    """All rules of the gate; ``GateRules.from_toml`` reads a file, in which anything may be left out."""

    interactions: InteractionRules = InteractionRules()
    tracks: TrackRules = TrackRules()
    playlists: PlaylistRules = PlaylistRules()
    batch: BatchRules = BatchRules()

    def expectations(self, section: str) -> tuple[Expectation, ...]:
        """Return the rules of one section in order."""
        chosen: Section = getattr(self, section)
        return tuple(chosen.expectations(section))
