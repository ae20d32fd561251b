"""Where a flow's many tasks run: in threads of this process, or on a Dask cluster that a setting names.

What goes over the wire is small: a task is given a plan, which names a snapshot or a bundle, and every worker process
opens that from the home folder, once. So the home has to be on a file system that all of them see under the same path,
and the Prefect server at an address they can reach.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.code_version import core_fingerprint
from flows.settings import Settings
from pipelines.errors import ConfigError, ServiceError

if TYPE_CHECKING:
    from distributed import Client

_CONNECT_SECONDS = 20.0


@contextmanager
def spread(
    settings: Settings, needed: Path, *, forget: Callable[[], None], at_once: int | None = None
) -> Iterator[TaskRunner[Any]]:
    """Give the runner to submit tasks to, inside a running flow.

    Args:
        settings: Names the cluster, if there is one.
        needed: What the tasks read: a folder of the home.
        forget: Gives back what tasks keep in the memory of their process; called in every worker in the end.
        at_once: How many tasks run at the same time in this process; one a core, where it is left out.

    Raises:
        ConfigError: The extra ``cluster`` is not installed, or workers cannot do what this process can.
        ServiceError: The cluster does not answer, or has no worker.
    """
    if not settings.dask_address:
        # The solvers leave the interpreter lock while they compute: two folds on two cores take two thirds of the time.
        threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=at_once or os.cpu_count() or 1)
        with threads:
            yield threads
        return
    with _cluster(settings.dask_address) as client:
        _check(client, settings, needed)
        from prefect_dask.task_runners import DaskTaskRunner

        try:
            with DaskTaskRunner(address=settings.dask_address) as runner:
                yield runner
        finally:
            client.run(forget, on_error="ignore")  # a worker that has gone has forgotten


@contextmanager
def _cluster(address: str) -> Iterator[Client]:
    """Connect to a Dask cluster."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError(
            "Dask is not installed",
            where="CROSSFADE_DASK_ADDRESS",
            remedy="'make setup' in the clone installs it (the extra 'cluster')",
        ) from error
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ServiceError(
            f"the Dask scheduler does not answer ({error})",
            where=f"CROSSFADE_DASK_ADDRESS={address}",
            remedy="Start one with 'dask scheduler', and workers with 'dask worker ADDRESS'",
        ) from error
    with client:
        yield client


def _check(client: Client, settings: Settings, needed: Path) -> None:
    """See that every worker runs this code, and sees what is to be read."""
    where = f"CROSSFADE_DASK_ADDRESS={settings.dask_address}"
    views: dict[str, tuple[str, bool]] = client.run(_view, str(needed))
    if not views:
        raise ServiceError("the Dask cluster has no worker", where=where, remedy="Start one with 'dask worker ADDRESS'")
    others = [worker for worker, (code, _) in views.items() if code != core_fingerprint()]
    if others:
        raise ConfigError(
            f"{len(others)} workers run other code or other libraries than this process, the first is {others[0]}",
            where=where,
            remedy="Install the same release and the same lock there",
        )
    blind = [worker for worker, (_, sees) in views.items() if not sees]
    if blind:
        raise ConfigError(
            f"{len(blind)} workers do not see {needed}, the first is {blind[0]}",
            where=where,
            remedy="Put the home folder on a file system that all of them mount at the same path",
        )


def _view(needed: str) -> tuple[str, bool]:
    """Return, in a worker, which code it runs and whether it sees a folder."""
    return core_fingerprint(), Path(needed).is_dir()
