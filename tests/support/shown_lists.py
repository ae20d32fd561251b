"""Lists that listeners were shown by a canary and by the champion, and what they did with them."""

from __future__ import annotations

from pipelines.data.feedback import Event
from pipelines.home import Home
from pipelines.release.states import read_releases
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.served import ServedList, ServedLog


def answer_listeners(home: Home, *, canary_skips: int, champion_skips: int) -> None:
    """Show ten lists to each of 200 listeners of each model, of which some are skipped."""
    releases = read_releases(home)
    assert releases is not None
    assert releases.canary is not None
    at = f"{releases.canary.since[:19]}.000000+00:00"
    database = Database.of(home)
    bring_up_to_date(database)
    arms = {
        "canary": (releases.canary.bundle_id, canary_skips),
        "champion": (releases.champion.bundle_id, champion_skips),
    }
    for arm, (bundle, skips) in arms.items():
        who = [f"{arm}-{number}" for number in range(200)]
        lists = [(f"{arm}-list-{number}", who[number // 10]) for number in range(2_000)]
        ServedLog(database).append([ServedList(name, listener, bundle, at) for name, listener in lists])
        # A listener more or less, so that listeners differ.
        reacted = [(listener, n) for i, listener in enumerate(who) for n in range(skips + i % 2)]
        events = [Event(name, f"skip-{n}", "skip", at, track_id="t", model_version=bundle) for name, n in reacted]
        EventLog(database).append(events)
    database.close()
