"""A worker does not outlive the process that started it: as an orphan it would hold the port, and serve on unseen."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from threading import Thread
from typing import Final

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS: Final = 1.0
#: BentoML's program for a worker; anything else that imports the service is nobody's worker.
_WORKER: Final = "_bentoml_impl.worker"


def end_with_parent() -> None:
    """Have this process end soon after its parent, where it is a worker: one that was killed tells nobody."""
    if not getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", "").startswith(_WORKER):
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        logger.warning("The process that started this worker is gone, and so the worker ends")
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=watch, name="parent-watch", daemon=True).start()
