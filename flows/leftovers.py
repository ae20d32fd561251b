"""What killed processes leave behind: found, explained and, where that is safe, mended (``crossfade doctor --mend``).

Safe means that nobody can be using it: a lock that ends with its process says so, or a time no run takes.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from flows.settings import Settings
from pipelines.errors import CrossfadeError
from pipelines.home import Home
from pipelines.locking import only_one

#: A run that began so long ago and says that it runs does not.
_LONG: Final = timedelta(hours=12)
_WAIT_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Leftover:
    """Something that should not be there.

    Attributes:
        bad: Whether the program cannot go on with it; otherwise it only takes room or misleads.
        what: Its kind.
        words: What was found, and what it means.
        mend: Mends it; None where a person has to.
    """

    bad: bool
    what: str
    words: str
    mend: Callable[[], None] | None = None


def leftovers(settings: Settings, now: datetime | None = None) -> tuple[Leftover, ...]:
    """Return everything that killed processes left behind; changes nothing.

    Args:
        settings: All settings.
        now: The time; the machine's by default.
    """
    home, at = settings.layout, now or datetime.now(UTC)
    return (
        *_drafts(home),
        *_torn_release(home),
        *_half_forgotten(home),
        *_mlflow_runs(settings, at),
        *_prefect_runs(settings, at),
    )


def _drafts(home: Home) -> Iterator[Leftover]:
    found = [*home.root.glob("*/.draft-*"), *home.root.glob("*/.*.json-*"), *home.root.glob(".*.json-*")]
    if found:
        names = ", ".join(str(path.relative_to(home.root)) for path in sorted(found)[:3])
        yield Leftover(
            bad=False,
            what="unfinished files",
            words=f"{len(found)} of a run that was killed: {names}; nothing reads them",
            mend=lambda: _remove(home, found),
        )


def _remove(home: Home, paths: list[Path]) -> None:
    # Whoever writes snapshots or models changes them under these locks; held here, the drafts are nobody's.
    with only_one(home.root, patience=_WAIT_SECONDS), only_one(home.releases, patience=_WAIT_SECONDS):
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _torn_release(home: Home) -> Iterator[Leftover]:
    from pipelines.release.moves import mend
    from pipelines.release.states import bundle_path, read_releases

    try:
        releases = read_releases(home)
    except CrossfadeError as error:
        yield Leftover(bad=True, what="release", words=str(error), mend=lambda: _ignoring(mend(home)))
        return
    for role, bundle_id in releases.in_use().items() if releases else ():
        if not bundle_path(home, bundle_id).is_dir() and role != "champion":  # that one is looked at by itself
            yield Leftover(
                bad=False,
                what="release",
                words=f"the bundle of the {role}, {bundle_id}, is gone: it cannot be served again; the next promotion "
                "takes its place",
            )


def _half_forgotten(home: Home) -> Iterator[Leftover]:
    waiting = list(home.forget_requests.glob("[!.]*.json"))
    if waiting:
        yield Leftover(
            bad=False,
            what="forgetting",
            words=f"{len(waiting)} {'person waits' if len(waiting) == 1 else 'people wait'} to be forgotten; "
            "run 'crossfade forget --waiting'",
        )


def _mlflow_runs(settings: Settings, now: datetime) -> Iterator[Leftover]:
    """Find trainings that MLflow believes are going on; they make its pages wait for figures that never come."""
    if settings.mlflow_tracking_uri or not settings.layout.mlflow_db.exists():
        return
    oldest = int((now - _LONG).timestamp() * 1000)
    query = "SELECT run_uuid FROM runs WHERE status = 'RUNNING' AND lifecycle_stage = 'active' AND start_time < ?"
    runs = _ask(settings.layout.mlflow_db, query, (oldest,))
    if runs:
        yield Leftover(
            bad=False,
            what="MLflow runs",
            words=_believed_to_run(runs),
            mend=lambda: _end_runs(settings.tracking_uri, runs),
        )


def _end_runs(tracking_uri: str, runs: list[str]) -> None:
    from flows.tracking import end_as_killed

    end_as_killed(tracking_uri, runs)


def _prefect_runs(settings: Settings, now: datetime) -> Iterator[Leftover]:
    """Find flow runs that Prefect believes are going on; they hold the places that a limit gives out."""
    database = settings.layout.prefect / "prefect.db"
    if settings.prefect_database or not database.exists():
        return
    oldest = (now - _LONG).strftime("%Y-%m-%d %H:%M:%S")
    query = "SELECT id FROM flow_run WHERE state_type = 'RUNNING' AND start_time < ?"
    runs = _ask(database, query, (oldest,))
    if runs:
        yield Leftover(
            bad=False,
            what="Prefect runs",
            words=_believed_to_run(runs),
            mend=lambda: _crash_runs(runs),
        )


def _crash_runs(runs: list[str]) -> None:
    """Tell Prefect's server that runs crashed; there has to be one."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    with get_client(sync_client=True) as client:
        for run in runs:
            client.set_flow_run_state(UUID(run), Crashed(message="its process was killed"), force=True)


def _believed_to_run(runs: list[str]) -> str:
    hours = f"running for over {_LONG.seconds // 3600} hours"
    if len(runs) == 1:
        return f"1 has been {hours}: its process was killed"
    return f"{len(runs)} have been {hours}: their processes were killed"


def _ask(database: Path, query: str, values: tuple[object, ...]) -> list[str]:
    """Return the first column of a question to a database; nothing where it cannot be asked."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=_WAIT_SECONDS)) as connection:
            return [str(row[0]) for row in connection.execute(query, values)]
    except sqlite3.Error:
        return []


def _ignoring(_: object) -> None:
    """Take a value that nobody asks for."""
