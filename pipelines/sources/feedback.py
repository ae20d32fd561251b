"""What listeners of this installation's service did and brought along, from the event store: feedback into training.

Undone events are none, and of a like and a dislike of one track the later counts (``pipelines.data.feedback``). Blocks
filter lists and teach nothing. What listeners imported rests on their consent, and so does everything else of theirs
from then on; what came out of Spotify's Web API does not train, so it does not come this way.

A reading is all that stands in the store now, so it takes the place of the reading before: what was undone, or whose
listener was forgotten, is in no snapshot from then on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import ClassVar, Final

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from pipelines.data import columns as c
from pipelines.data import feedback as told
from pipelines.data.feedback import Event, standing
from pipelines.data.listening import Listening
from pipelines.data.people import is_person
from pipelines.data.provenance import FROM_SPOTIFY_API, Provenance
from pipelines.errors import SourceError
from pipelines.sources.base import Reading, Source, SourceOptions
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.imports import ImportLog

TAKEN_BACK: Final = "taken back, or what took it back"
REPLACED: Final = "a like or dislike that a later one replaces"
BLOCK: Final = "a block, which filters lists and teaches nothing"
PERSON: Final = "about somebody whose own data rest on a consent of their own"
FROM_API: Final = "imported, and once read through Spotify's Web API, which forbids training on it"
DESCRIBED: Final = "a track that other sources describe"

_KINDS: Final = {told.LIKE: c.LIKE, told.DISLIKE: c.DISLIKE, told.SKIP: c.SKIP, told.PLAY: c.PLAY}
_VERDICTS: Final = frozenset({told.LIKE, told.DISLIKE})
_BATCH_ROWS: Final = 1 << 16
#: Nobody waits for an answer, and a large store takes its time to sort.
_PATIENCE_SECONDS: Final = 600
_COLUMNS: Final = pa.schema(
    [
        (c.USER_ID, pa.string()),
        (c.TRACK_ID, pa.string()),
        (c.AT, pa.timestamp("us", tz="UTC")),
        (c.KIND, pa.string()),
        (c.VALUE, pa.float64()),
        (c.CONSENT, pa.string()),
    ]
)


class FeedbackOptions(SourceOptions):
    """Where the store is.

    Attributes:
        store: Its address, ``sqlite:////path`` or ``postgresql://user@host/name``; it may hold a password.
    """

    store: str = Field(default="", repr=False)


class Feedback(Source):
    """Likes, dislikes, skips and plays of the service's listeners, and the listening they imported.

    Raises:
        ConfigError: The address is that of no store.
    """

    name: ClassVar[str] = told.SOURCE
    title: ClassVar[str] = "Feedback of the service's listeners"
    reading: ClassVar[Reading] = Reading.EVENTS
    options_type: ClassVar[type[SourceOptions]] = FeedbackOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        chosen = self.options if isinstance(self.options, FeedbackOptions) else FeedbackOptions()
        self._database = Database(chosen.store, patience=_PATIENCE_SECONDS)

    def check(self) -> None:
        """Check that there is a store; opening SQLite's would make one."""
        if self._database.path is not None and not self._database.path.is_file():
            raise SourceError(
                "there is no event store yet",
                where=str(self._database.path),
                remedy="'crossfade serve' makes it; or set CROSSFADE_STORE_URL to the one the service uses",
            )

    def provenance(self) -> Provenance:
        """Say that it is what people told this service."""
        return Provenance(
            source=self.name,
            origin="the event store of this installation's service",
            licence="told to this service by its listeners; what they imported, with their consent",
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield what stands of the events, listener by listener, then what was imported."""
        left_out = self.left_out["interactions"]
        left_out.clear()
        with closing(self._database):
            yield from self._interactions(left_out)

    def _interactions(self, left_out: Counter[str]) -> Iterator[pa.Table]:
        imports = ImportLog(self._database)
        consents = imports.consents()
        rows: list[dict[str, object]] = []
        for events in EventLog(self._database).listeners():
            rows += _rows_of(events, consents, left_out)
            if len(rows) >= _BATCH_ROWS:
                yield pa.Table.from_pylist(rows, schema=_COLUMNS)
                rows = []
        yield pa.Table.from_pylist(rows, schema=_COLUMNS)
        for listening in _that_may_train(imports, left_out):
            yield listening.rows.select(_COLUMNS.names)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield what imported files say of their tracks.

        The tracks of events are counted, because a reading that tells of no track at all would have its catalogue made
        of their ids, and then every id somebody sent would be a track.
        """
        left_out = self.left_out["tracks"]
        left_out.clear()
        with closing(self._database):
            by_listener = EventLog(self._database).listeners()
            of_events = {event.track_id for events in by_listener for event in standing(events)}
            left_out[DESCRIBED] = len(of_events - {None})
            for listening in _that_may_train(ImportLog(self._database), Counter()):
                yield listening.tracks.select(c.TRACK_SCHEMA.names)


def _rows_of(events: list[Event], consents: Mapping[str, str], left_out: Counter[str]) -> list[dict[str, object]]:
    """Return one listener's events as rows, and count those that are none."""
    listener = events[0].listener_id
    if is_person(listener):
        left_out[PERSON] += len(events)
        return []
    stand = standing(events)
    left_out[TAKEN_BACK] += len(events) - len(stand)
    latest = {event.track_id: event for event in stand if event.kind in _VERDICTS}
    rows = []
    for event in stand:
        if event.kind not in _KINDS:
            left_out[BLOCK] += 1
        elif event.kind in _VERDICTS and latest[event.track_id] is not event:
            left_out[REPLACED] += 1
        else:
            rows.append(_row(event, consents.get(listener)))
    return rows


def _row(event: Event, consent: str | None) -> dict[str, object]:
    return {
        c.USER_ID: event.listener_id,
        c.TRACK_ID: event.track_id,
        c.AT: pa.scalar(event.at).cast(_COLUMNS.field(c.AT).type).as_py(),
        c.KIND: _KINDS[event.kind],
        c.VALUE: None if event.ms_played is None else float(event.ms_played),
        c.CONSENT: consent,
    }


def _that_may_train(imports: ImportLog, left_out: Counter[str]) -> Iterable[Listening]:
    """Yield imported listening, and count what may not train; a source without rows yields none."""
    for source, listening in imports.everybody():
        users = listening.rows[c.USER_ID]
        about_person = bool(pc.any(pc.starts_with(users, "person:")).as_py())
        if source in FROM_SPOTIFY_API or about_person:
            left_out[FROM_API if source in FROM_SPOTIFY_API else PERSON] += listening.rows.num_rows
        else:
            yield listening
