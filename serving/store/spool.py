"""Where events wait while the store is away: lines in a file, each on disk before its sender is answered."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from pipelines.atomic import make_folder, new_file
from pipelines.data.feedback import Event
from pipelines.errors import CrossfadeError, StoreError

logger = logging.getLogger(__name__)


class Spool:
    """A file of events that are still to be stored, shared by the workers of one machine.

    Every line ends with a line feed, and a line is begun on a new one: of a process that is killed while it writes, at
    most the line nobody was answered for is lost.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "events.jsonl"

    def append(self, events: Sequence[Event]) -> None:
        """Add events; on return they are on disk.

        Raises:
            StoreError: The file cannot be written either.
        """
        with self._alone(), _explained(self._file):
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                whole = _ends_whole(file.fileno())
                file.write((b"" if whole else b"\n") + _lines(events))
                file.flush()
                os.fsync(file.fileno())

    def size(self) -> int:
        """Return how many bytes wait; cheap."""
        try:
            return self._file.stat().st_size
        except FileNotFoundError:
            return 0

    def events(self, listener_id: str | None = None) -> list[Event]:
        """Return the events that wait, of one listener or of all; a damaged line is left out."""
        if not self.size():
            return []
        found = [_event(line) for line in self._file.read_bytes().splitlines()]
        return [event for event in found if event and listener_id in {None, event.listener_id}]

    def drain(self, store: Callable[[list[Event]], None]) -> int:
        """Hand all events over and empty the file; where that fails, they stay. Return how many there were.

        Args:
            store: Takes the events; has to be able to take one twice, as a crash may come between it and the emptying.
        """
        if not self.size():
            return 0
        with self._alone():
            events = self.events()
            lines = len([line for line in self._file.read_bytes().splitlines() if line])
            if lines > len(events):
                logger.warning("%d damaged lines of the spool are left out", lines - len(events))
            store(events)
            os.truncate(self._file, 0)
        return len(events)

    @contextmanager
    def without(self, listener_id: str) -> Iterator[int]:
        """Give the number of a listener's events; when the block ends without an error they are gone."""
        with self._alone():
            events = self.events()
            rest = [event for event in events if event.listener_id != listener_id]
            yield len(events) - len(rest)
            if len(rest) < len(events):
                with new_file(self._file) as file:
                    file.write(_lines(rest))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the spool's lock, which ends with the process that holds it.

        Raises:
            StoreError: The folder cannot be written.
        """
        with _explained(self._folder):
            make_folder(self._folder).chmod(0o700)
            handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextmanager
def _explained(where: Path) -> Iterator[None]:
    """Say of a disk that refuses what it means here."""
    try:
        yield
    except (OSError, CrossfadeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"feedback cannot be kept ({why})", where=str(where), remedy="Try again later") from error


def _lines(events: Sequence[Event]) -> bytes:
    return "".join(f"{json.dumps(asdict(event))}\n" for event in events).encode()


def _ends_whole(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _event(line: bytes) -> Event | None:
    """Return the event of a line; None where it is damaged, or holds what Postgres cannot keep in a text."""
    try:
        event = Event(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return None if any("\0" in value for value in vars(event).values() if isinstance(value, str)) else event
