"""Imports that are at work: a file each, a process each, one after the other, and nothing left behind."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import IO, Final, cast

from pipelines.errors import CrossfadeError, NotSupportedError, StoreError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.store.imports import ImportLog
from serving.imports.jobs import Job

logger = logging.getLogger(__name__)

#: Files that may be on their way in or wait to be read, and those that are read at the same time.
MOST_FILES: Final = 8
_AT_ONCE: Final = 1
_SECONDS_BETWEEN_SIGNS: Final = 5.0
_LONGEST_SECONDS: Final = 1_800.0
_FAILED = ("the file could not be read", "Look into the service's log; another file may do")
_WORKER: Final = (sys.executable, "-m", "serving.imports.worker")
_ROOT: Final = Path(__file__).resolve().parents[2]


class Importer:
    """Takes files in and has them read.

    Args:
        home: Where files lie while they are read.
        imports: The imports of the store.
        command: What reads a file.
    """

    def __init__(self, home: Home, imports: ImportLog, command: Sequence[str] = _WORKER) -> None:
        self._command = command
        self._folder = home.work / "imports"
        self._imports = imports
        self._places = BoundedSemaphore(MOST_FILES)
        self._senders: set[str] = set()
        self._turn = BoundedSemaphore(_AT_ONCE)
        self._stopped = Event()

    def clear(self) -> None:
        """Remove files whose reader is gone: a kill leaves nothing of a person behind but until the next start.

        Their imports have come to nothing. Where the store is away it says so later, for want of a sign of life.
        """
        gone = []
        for left in self._folder.glob("*"):
            with suppress(CrossfadeError), only_one(left, patience=0.0):
                shutil.rmtree(left, ignore_errors=True)
                gone.append(left.name)
        if gone:
            with suppress(CrossfadeError):
                self._imports.give_up(gone, now=datetime.now(UTC))

    def stop(self) -> None:
        """Let go of the files that are read; their imports fail."""
        self._stopped.set()

    @property
    def log(self) -> ImportLog:
        """The imports of the store."""
        return self._imports

    def begin(self, import_id: str, listener_id: str, consent: str) -> bool:
        """Record that a file is about to be read; False where another one of the listener is.

        Raises:
            StoreError: The store is away.
        """
        return self._imports.begin(import_id, listener_id, consent, now=datetime.now(UTC))

    @contextmanager
    def sending(self, listener_id: str) -> Iterator[None]:
        """Let a listener send a file; nobody sends two at a time, and so takes all the places.

        Raises:
            NotSupportedError: Another file of theirs is on its way.
        """
        if listener_id in self._senders:
            raise NotSupportedError("another file of yours is on its way", remedy="Wait until it has been read")
        self._senders.add(listener_id)
        try:
            yield
        finally:
            self._senders.discard(listener_id)

    @contextmanager
    def place(self, import_id: str) -> Iterator[Path]:
        """Give a path for a file; with the block's end the file is gone.

        Raises:
            StoreError: Too many files are being read already.
        """
        if not self._places.acquire(blocking=False):
            raise StoreError("too many files are being read now", remedy="Try again in a few minutes")
        folder = self._folder / import_id
        try:
            with only_one(folder, patience=0.0):
                folder.chmod(0o700)
                try:
                    yield folder / "file"
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
        finally:
            self._places.release()

    def read(self, job: Job) -> None:
        """Have a file read, and wait for it; whatever happens is told in the store."""
        while not self._turn.acquire(timeout=_SECONDS_BETWEEN_SIGNS):
            if not self._goes_on(job):
                return
        try:
            code = self._run(job)
        finally:
            self._turn.release()
        if code != 0:
            logger.warning("Reading the file of import %s ended with status %s", job.import_id, code)
            self._imports.fail(job.import_id, *_FAILED, now=datetime.now(UTC))

    def _goes_on(self, job: Job) -> bool:
        """Give a sign of life; tell whether the file is still to be read: its listener may be forgotten.

        While the store is away nobody can have been, so the reading goes on.
        """
        if self._stopped.is_set():
            return False
        try:
            return self._imports.note(job.import_id, None, now=datetime.now(UTC))
        except StoreError:
            return True

    def _run(self, job: Job) -> int:
        """Run the process, and give signs of life while it works."""
        end = time.monotonic() + _LONGEST_SECONDS
        with subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            self._command, stdin=subprocess.PIPE, env=_environment(), text=True
        ) as process:
            try:
                cast("IO[str]", process.stdin).write(json.dumps(asdict(job)) + "\n")
                cast("IO[str]", process.stdin).flush()
                while time.monotonic() < end:
                    with suppress(subprocess.TimeoutExpired):
                        return process.wait(_SECONDS_BETWEEN_SIGNS)
                    if not self._goes_on(job):  # it is done and about to end, or nobody waits for it any more
                        with suppress(subprocess.TimeoutExpired):
                            return process.wait(_SECONDS_BETWEEN_SIGNS)
                        break
            finally:
                process.kill()
            return process.wait()


def _environment() -> dict[str, str]:
    """Return the environment of the process: it finds our packages wherever the service was started."""
    paths = filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
