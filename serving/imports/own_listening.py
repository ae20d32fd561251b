"""Everything that is kept of one listener, seen through the catalogue that is served now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.feedback import PLAY, SOURCE, Event, standing
from pipelines.data.listening import SERVED_ID, Listening, together
from pipelines.release.bundle import ModelBundle
from pipelines.store.imports import ImportLog
from serving.imports.history import history_of, looked_up, rules_of
from serving.profile import TasteProfile, profile_of_history, taste_profile


class OwnListening:
    """One listener's own listening.

    Args:
        bundle: What is served.
        log: The imports of the store.
        listener: Whose.
    """

    def __init__(self, bundle: ModelBundle, log: ImportLog, listener: str) -> None:
        self._bundle = bundle
        self._log = log
        self._listener = listener

    def profile(self, events: Sequence[Event]) -> TasteProfile:
        """Return the profile of what the listener brought along and played here; else of what the model knows of them.

        Args:
            events: What they did here.

        Raises:
            StoreError: The store is away.
        """
        parts = self._parts()
        trained = None if parts else self._bundle.known_history(self._listener)
        if trained is not None:
            return profile_of_history(trained, self._bundle.catalogue)
        here = _played_here(standing(events))
        return taste_profile(together([*parts.values(), here]), self._bundle.catalogue, rules_of(self._bundle))

    def _parts(self) -> dict[str, Listening]:
        """Return the listening by source, its tracks looked up in the catalogue that is served now."""
        parts = self._log.listening(self._listener)
        if parts and self._log.served_by(self._listener) != self._bundle.bundle_id:
            parts = looked_up(parts, self._bundle)
            history = history_of(together(parts.values()), rules_of(self._bundle))
            now = datetime.now(UTC)
            self._log.look_up_again(self._listener, parts, history, self._bundle.bundle_id, now=now)
        return parts


def _played_here(events: Sequence[Event]) -> Listening:
    """Return plays that were told of here as listening; their tracks are served ones."""
    plays = [event for event in events if event.kind == PLAY and event.track_id]
    rows = [
        {
            c.USER_ID: event.listener_id,
            c.TRACK_ID: event.track_id,
            c.AT: datetime.fromisoformat(event.at),
            c.KIND: c.PLAY,
            c.VALUE: event.ms_played,
            c.SOURCE: SOURCE,
        }
        for event in plays
    ]
    ids = list(dict.fromkeys(event.track_id for event in plays))
    tracks = pa.Table.from_pylist([{c.TRACK_ID: each, c.SOURCE: SOURCE} for each in ids], schema=c.TRACK_SCHEMA)
    served = tracks.append_column(SERVED_ID, pa.array(ids, pa.string()))
    return Listening.of(pa.Table.from_pylist(rows, schema=c.INTERACTION_SCHEMA), served)
