"""What is worth a second attempt: the world outside, never the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.errors import CrossfadeError, ServiceError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State, TaskRun
    from prefect.tasks import Task

#: Seconds before the second and the third attempt.
PAUSES = [1.0, 5.0]


def is_passing(task: Task[Any, Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Say whether a failed task may succeed when it is tried again: yes, unless the error is about its input.

    Prefect calls this; a locked database or a dropped connection passes, a missing column stays missing.
    """
    error = state.result(raise_on_failure=False)
    return isinstance(error, ServiceError) or not isinstance(error, CrossfadeError)
