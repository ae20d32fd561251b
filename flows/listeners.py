"""What the service's listeners did and said: read from the event store, beside the service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import Final

import pandas as pd

from flows.settings import Settings
from pipelines.data.feedback import BLOCK_ARTIST, BLOCK_TRACK, DISLIKE, LIKE, SKIP, UNDO, reactions, standing
from pipelines.data.succession import present_name
from pipelines.release.exclusions import NO_EXCLUSIONS, Exclusions
from pipelines.release.lineage import Served
from pipelines.release.online import COLUMNS, OnlineVerdict, judge_canary
from pipelines.release.policy import OnlineRules
from pipelines.release.states import read_releases
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.served import ServedLog

#: A flow may wait; the service's callers may not.
_PATIENCE_SECONDS: Final = 60
#: Events that say what a listener wants to see no more, or has seen and judged; and what takes them back.
_JUDGING: Final = (LIKE, DISLIKE, BLOCK_TRACK, BLOCK_ARTIST, UNDO)


def online_verdict(settings: Settings, bundle_id: str, rules: OnlineRules) -> OnlineVerdict | None:
    """Return what listeners say about a bundle as canary; None where it is none.

    Raises:
        CrossfadeError: The state of the release is damaged, or the event store cannot be used.
    """
    releases = read_releases(settings.layout)
    if releases is None or releases.canary is None or releases.canary.bundle_id != bundle_id:
        return None
    results = online_results(settings, since=releases.canary.since)
    return judge_canary(results, bundle_id, releases.champion.bundle_id, rules)


def online_results(settings: Settings, *, since: str, until: str | None = None, by_model: bool = True) -> pd.DataFrame:
    """Return one row a listener and model: lists shown, likes and skips that stand; no ids.

    A model that was written anew when somebody was forgotten is the same model; it bears its present name.

    Args:
        settings: Name the event store.
        since: From when on (ISO 8601, UTC).
        until: Up to when; without it up to now.
        by_model: Whether to tell models apart; if not, there is one row a listener.

    Raises:
        StoreError: The event store cannot be used.
    """
    shown: Counter[tuple[str, str]] = Counter()
    heard: Counter[tuple[str, str, str]] = Counter()

    @cache
    def arm(model: str | None) -> str:
        return present_name(settings.layout.bundles, model) if by_model and model else ""

    with _store(settings) as database:
        if database is None:
            return pd.DataFrame(columns=list(COLUMNS))
        for count in ServedLog(database).counts(since, until):
            shown[count.listener_id, arm(count.model_version)] += count.lists
        for events in EventLog(database).listeners():
            heard.update(
                (each.listener_id, arm(each.model_version), each.kind)
                for each in standing(events)
                if each.at >= since and (until is None or each.at < until)
            )
    rows = [
        (model, lists, *(heard[listener, model, kind] for kind in (LIKE, SKIP)))
        for (listener, model), lists in shown.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def exclusions_by_listeners(settings: Settings) -> Exclusions:
    """Return what listeners have judged or blocked, which must not be in a list that is made for them.

    Plays and skips are left to the service: they are many, and neither says that a track is not wanted any more.

    Raises:
        StoreError: The event store cannot be used.
    """
    with _store(settings) as database:
        if database is None:
            return NO_EXCLUSIONS
        of_each = EventLog(database).listeners(_JUDGING)
        return Exclusions.of((events[0].listener_id, reactions(events)) for events in of_each)


def served_list(settings: Settings, request_id: str) -> Served | None:
    """Return the list with a request id, or None where none is known.

    Raises:
        StoreError: The event store cannot be used.
    """
    with _store(settings) as database:
        found = ServedLog(database).find(request_id) if database else None
    if found is None:
        return None
    return Served(found.list_id, found.model_version, found.at, found.shadow_version, found.shadow_overlap)


@contextmanager
def _store(settings: Settings) -> Iterator[Database | None]:
    """Open the event store; None where there is none yet, as reading makes none."""
    url = settings.store_url.get_secret_value()
    with closing(Database.of(settings.layout, url, _PATIENCE_SECONDS)) as database:
        if database.path is not None and not database.path.exists():
            yield None
            return
        bring_up_to_date(database)
        yield database
