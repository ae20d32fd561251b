"""One night of a simulated month in a process that is killed (``kill -9``) when it comes to a step.

    python -m flows.simulated_night STEP OPTIONS

It talks to the Prefect server of the process that started it.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from flows.alarming import rehearsal
from flows.lifecycle import lifecycle
from flows.prefect_env import prefect_server
from flows.progress import Progress, listening
from flows.settings import load_settings


def die_in(step: str, options: dict[str, str]) -> None:
    """Run a lifecycle until it comes to a step, and die there."""

    def hear(news: Progress) -> None:
        if news.step == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with prefect_server(load_settings().settings), listening(hear), rehearsal():
        lifecycle("files", options)


if __name__ == "__main__":
    die_in(sys.argv[1], json.loads(sys.argv[2]))
