"""What a person watching sees of a flow: the same sentences on the terminal and in Prefect's log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import cast
from uuid import UUID

from httpx import HTTPError

from pipelines.recommenders.progress import Follower


@dataclass(frozen=True)
class Progress:
    """Where a flow stands.

    Attributes:
        step: What is being done, or was done ("evaluate").
        detail: The news, as a clause.
        done: How many parts of the step are done.
        total: Of how many; 0 where the step is not counted.
    """

    step: str
    detail: str
    done: int = 0
    total: int = 0


Listener = Callable[[Progress], None]
_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Send every ``tell`` of this context to ``listener``."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(step: str, detail: str, *, done: int = 0, total: int = 0) -> None:
    """Say where the running flow stands, to the terminal and to Prefect's log."""
    from prefect.logging import get_run_logger

    news = Progress(step, detail, done, total)
    count = f" ({done} of {total})" if total else ""
    get_run_logger().info("%s: %s%s", step, detail, count)
    if listener := _listener.get():
        listener(news)


def progress_bar(
    key: str, description: str, pause: float = 1.0, clock: Callable[[], float] = monotonic
) -> Callable[[int, int], None]:
    """Make a bar in Prefect that belongs to the running flow, and return what moves it: how many parts, of how many.

    A bar that cannot be made, or stands still, stops no work.

    Args:
        key: Its name.
        description: What is being done.
        pause: It moves at most once in so many seconds, and at the end.
        clock: What tells the time, in seconds.
    """
    from prefect.artifacts import create_progress_artifact, update_progress_artifact

    bar = None
    with suppress(HTTPError):
        bar = cast("UUID", create_progress_artifact(0.0, key=key, description=description))
    moved = clock()

    def move(done: int, total: int) -> None:
        nonlocal moved
        if bar is not None and (done == total or clock() - moved >= pause):
            moved = clock()
            with suppress(HTTPError):
                update_progress_artifact(bar, 100.0 * done / total)

    return move


def name_run(words: str) -> None:
    """Let Prefect's list of runs say what became of the running flow; what was done counts without that, too."""
    from prefect.client.orchestration import get_client
    from prefect.runtime import flow_run

    with suppress(HTTPError), get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), name=words)


def fit_follower(pause: float = 5.0, clock: Callable[[], float] = monotonic) -> Follower:
    """Return what tells how far a fit is, at most once in ``pause`` seconds: of a short one nothing is heard."""
    told = clock()

    def follow(step: str, done: int, total: int) -> None:
        nonlocal told
        if clock() - told >= pause:
            told = clock()
            tell("fit", f"{step}, {done:,} of {total:,} tracks")

    return follow
