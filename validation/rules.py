"""The data contract: every rule the gate applies, with its thresholds and what a breach leads to.

A section is a table, a field a rule; a field's title says what the rule looks at and its description why the rule is
there, so the contract in ``docs/`` is generated from here. ``infra/config/gate.toml`` holds the same values: a test
sees to it. Rules are tried in the order of the fields, and a row that breaks several is counted under the first.

Rules for rows stand here, rules for a batch as a whole in ``batch_rules``, what differs by source in ``refinements``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Self

from pydantic import Field, ValidationError, model_validator

from pipelines.config import Settings
from pipelines.data import columns as c
from pipelines.data.reading import Reading
from pipelines.sources import source_names
from validation.batch_rules import BatchRules, HistoryRules, MissingRules, PastRules
from validation.kinds import Action, Between, Given, Holds, Matches, OneOf, Period, Unique
from validation.refinements import READINGS, SOURCES, Refinement, merged
from validation.section import Expectation, Section, declare

_DAY_MS = 86_400_000
_FEATURE_WHY = "the range in which Spotify publishes it"


def _source() -> Given:
    why = "what a row may be used for depends on where it comes from"
    return declare(Given(action=Action.QUARANTINE), "the source", why)


def _known_track() -> Holds:
    return declare(
        Holds(action=Action.QUARANTINE),
        "the track to stand in the catalogue",
        "nothing can be shown about a track that is not there; tracks that were set aside do not count",
        columns=(c.TRACK_ID,),
    )


def _share(what: str, why: str = _FEATURE_WHY, *, above: bool = False) -> Between:
    return declare(Between(action=Action.BLANK, minimum=0, maximum=1, above=above), what, why)


class InteractionRules(Section):
    """What every row of the interaction table has to satisfy."""

    never_blank = frozenset({"user_id", "track_id", "source", "kind", "known_track", "value", "play_count", "rating"})

    user_id: Given = declare(Given(action=Action.QUARANTINE), "the listener's id", "a row nobody made says nothing")
    track_id: Given = declare(Given(action=Action.QUARANTINE), "the track's id", "a row about no track says nothing")
    source: Given = _source()
    kind: OneOf = declare(
        OneOf(action=Action.QUARANTINE, values=c.KINDS), "the kind", "preferences are derived by kind"
    )
    known_track: Holds = _known_track()
    value: Given = declare(
        Given(action=Action.QUARANTINE), "the value of a play_count or a rating", "without the number there is no row"
    )
    play_ms: Between = declare(
        Between(action=Action.QUARANTINE, minimum=0, maximum=_DAY_MS),
        "the length of a play in ms",
        "no play lasts less than nothing or more than a day",
        columns=(c.VALUE,),
    )
    play_count: Between = declare(
        Between(action=Action.QUARANTINE, minimum=1, maximum=10_000_000),
        "the number of plays",
        "a total counts at least one play; ten million would take a lifetime without sleep",
        columns=(c.VALUE,),
    )
    rating: Between = declare(
        Between(action=Action.QUARANTINE, minimum=1, maximum=5),
        "the rating",
        "ratings are brought to the scale of 1 to 5 before they get here",
        columns=(c.VALUE,),
    )
    at: Period = declare(
        Period(action=Action.QUARANTINE, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=1),
        "the time",
        "Last.fm began to record listening in 2002, nothing earlier is a record; a day covers clocks and time zones",
    )


class TrackRules(Section):
    """What every row of the track catalogue has to satisfy.

    A bad value beside the title is made missing and the track stays: it would be a pity to lose all its plays.
    """

    never_blank = frozenset({"track_id", "source"})

    track_id: Given = declare(Given(action=Action.QUARANTINE), "the track's id", "everything refers to tracks by it")
    unique_id: Unique = declare(
        Unique(action=Action.STOP),
        "the track's id",
        "with two rows for one track nobody knows which is true",
        columns=(c.TRACK_ID,),
    )
    source: Given = _source()
    title: Given = declare(
        Given(action=Action.QUARANTINE), "the title", "a recommendation without a title is an empty line"
    )
    artists: Given = declare(
        Given(action=Action.WARN), "an artist", "people and the content model know tracks by artist"
    )
    duration_ms: Between = declare(
        Between(action=Action.BLANK, minimum=1, maximum=_DAY_MS),
        "the length in ms",
        "0 and less, or days, are mistakes",
    )
    release_date: Holds = declare(
        Holds(action=Action.BLANK),
        "the release date to be a day of the calendar as YYYY, YYYY-MM or YYYY-MM-DD",
        "the era of a track is read from it; catalogues write 0000 where they do not know",
        columns=(c.RELEASE_DATE, c.RELEASE_PRECISION),
    )
    released: Period = declare(
        Period(action=Action.BLANK, earliest=datetime(1860, 1, 1, tzinfo=UTC), tolerance_days=366),
        "the release date",
        "the oldest sound recording is of 1860; releases are announced up to a year ahead",
        columns=(c.RELEASE_DATE, c.RELEASE_PRECISION),
    )
    release_date_precision: OneOf = declare(
        OneOf(action=Action.BLANK, values=("year", "month", "day")),
        "the precision of the release date",
        "Spotify's words",
    )
    isrc: Matches = declare(
        Matches(
            action=Action.BLANK,
            pattern=r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$",
            form="two letters, three letters or digits and seven digits, in capitals",
        ),
        "the ISRC",
        "recordings of several sources are joined by it, so a wrong one joins strangers",
    )
    tag_weights: Holds = declare(
        Holds(action=Action.BLANK),
        "every tag to have one finite weight of 0 or more",
        "weights that do not line up with the tags belong to other tags",
    )
    danceability: Between = _share(
        "danceability", "the range in which Spotify publishes it; 0 is what it gives where it found no beat", above=True
    )
    energy: Between = _share("energy")
    loudness: Between = declare(
        Between(action=Action.BLANK, minimum=-60, maximum=5),
        "loudness in dB",
        "Spotify says -60 to 0, and loud masters measure up to 4 dB above",
    )
    speechiness: Between = _share("speechiness")
    acousticness: Between = _share("acousticness")
    instrumentalness: Between = _share("instrumentalness")
    liveness: Between = _share("liveness")
    valence: Between = _share("valence")
    tempo: Between = declare(
        Between(action=Action.BLANK, minimum=0, maximum=250, above=True),
        "tempo in beats per minute",
        "0 is what Spotify gives where it found no beat, and nothing measured is faster than 250",
    )
    key: Between = declare(
        Between(action=Action.BLANK, minimum=-1, maximum=11), "the key", "the twelve pitch classes; -1 is none found"
    )
    mode: OneOf = declare(OneOf(action=Action.BLANK, values=(0, 1)), "the mode", "0 is minor, 1 is major")
    time_signature: Between = declare(
        Between(action=Action.BLANK, minimum=0, maximum=7),
        "the beats in a bar",
        "Spotify says 3 to 7; 0 (none found) and 1 occur in its data",
    )


class PlaylistRules(Section):
    """What every row of the playlist table has to satisfy."""

    never_blank = frozenset({"playlist_id", "track_id", "source", "known_track"})

    playlist_id: Given = declare(Given(action=Action.QUARANTINE), "the playlist's id", "rows are grouped by it")
    track_id: Given = declare(Given(action=Action.QUARANTINE), "the track's id", "a row about no track says nothing")
    source: Given = _source()
    known_track: Holds = _known_track()
    position: Between = declare(
        Between(action=Action.BLANK, minimum=0, maximum=1_000_000), "the position", "places are counted from 0"
    )
    added_at: Period = declare(
        Period(action=Action.BLANK, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=1),
        "the time of adding",
        "the same period as for interactions",
    )


class SourceRules(Settings):
    """All rules for the rows of one source, in force as they stand."""

    interactions: InteractionRules = InteractionRules()
    tracks: TrackRules = TrackRules()
    playlists: PlaylistRules = PlaylistRules()
    missing: MissingRules = MissingRules()
    batch: BatchRules = BatchRules()
    history: HistoryRules = HistoryRules()
    past: PastRules = PastRules()

    def expectations(self, section: str) -> tuple[Expectation, ...]:
        """Return the expectations of one section in order."""
        chosen: Section | MissingRules = getattr(self, section)
        return tuple(chosen.expectations(section))


#: The sections that hold rules.
SECTIONS: Final = ("interactions", "tracks", "playlists", "missing", "batch", "history")


class GateRules(SourceRules):
    """The rules for rows of any source, and what differs by reading and by source.

    ``GateRules.from_toml`` reads a file, in which anything may be left out. What a source's section says goes before
    what its reading's says, and that before the rest.

    Attributes:
        readings: What differs for a world, a population or a person.
        sources: What differs for one source, by its name.
    """

    readings: dict[Reading, Refinement] = Field(default_factory=lambda: dict(READINGS))
    sources: dict[str, Refinement] = Field(default_factory=lambda: dict(SOURCES))

    @model_validator(mode="before")
    @classmethod
    def _keep_other_refinements(cls, given: object) -> object:
        defaults = {"readings": READINGS, "sources": SOURCES}
        return merged(defaults, given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _refinements_fit(self) -> Self:
        known = source_names()
        for name in self.sources:
            if name not in known:
                raise ValueError(f"'sources.{name}': there is no such source; there are: {', '.join(known)}")
        for group, refinements in (("readings", self.readings), ("sources", self.sources)):
            for name, refinement in refinements.items():
                try:
                    self._refined(refinement)
                except ValidationError as error:
                    first = error.errors()[0]
                    place = ".".join(str(part) for part in (group, name, *first["loc"]))
                    raise ValueError(f"'{place}': {first['msg']}") from error
        return self

    def for_source(self, source: str, reading: Reading) -> SourceRules:
        """Return the rules in force for the rows of one source.

        Args:
            source: Its name.
            reading: What one reading of it is.
        """
        return self._refined(self.readings.get(reading, {}), self.sources.get(source, {}))

    def _refined(self, *refinements: Refinement) -> SourceRules:
        values: Mapping[str, Any] = {name: getattr(self, name).model_dump() for name in SourceRules.model_fields}
        for refinement in refinements:
            values = merged(values, refinement)
        return SourceRules(**values)
