"""The journal of served lists: noted in memory while a call is answered, stored once a second beside it.

What is noted are figures for a canary and the way back from a request, not feedback to be kept at any price: where the
store is away for long, the oldest are let go.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Lock, Thread

from pipelines.errors import StoreError
from pipelines.store.forgetting import Forgetting
from pipelines.store.secret import Secret
from pipelines.store.served import ServedList, ServedLog
from pipelines.store.times import moment

logger = logging.getLogger(__name__)

#: Seconds between two looks.
PAUSE = 1.0

#: The most lists that wait; an hour of thirty a second.
_MOST = 100_000


class ListJournal:
    """Keeps which model made each list that a known listener was shown.

    Args:
        log: Where lists are stored.
        forgetting: Knows who was forgotten.
        secret: What stands for a forgotten listener is made with it.
    """

    def __init__(self, log: ServedLog, forgetting: Forgetting, secret: Secret) -> None:
        self._log = log
        self._forgetting = forgetting
        self._secret = secret
        self._waiting: deque[ServedList] = deque(maxlen=_MOST)
        self._storing = Lock()
        self._stopped = Flag()

    def start(self) -> None:
        """Begin to store what waits, in a thread that ends with ``stop`` or with the process."""

        def look() -> None:
            while not self._stopped.wait(PAUSE):
                with suppress(StoreError):  # the gateway says that the store is away
                    self.store()

        Thread(target=look, name="served-lists", daemon=True).start()

    def stop(self) -> None:
        """Store what waits a last time."""
        self._stopped.set()
        with suppress(StoreError):
            self.store()

    def note(
        self,
        list_id: str,
        listener_id: str,
        model_version: str,
        shadow_version: str | None = None,
        shadow_overlap: float | None = None,
    ) -> None:
        """Note that a listener is shown a list; ``ServedList`` says what the arguments are."""
        at = moment(datetime.now(UTC))
        self._waiting.append(ServedList(list_id, listener_id, model_version, at, shadow_version, shadow_overlap))

    def store(self) -> int:
        """Store what waits, and return how many lists that were; those of whoever was forgotten meanwhile go again.

        Raises:
            StoreError: The store is away; what waits goes on waiting.
        """
        with self._storing:
            lists = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if not lists:
                return 0
            try:
                self._log.append(lists)
                self._forget(lists)
            except StoreError:
                room = _MOST - len(self._waiting)
                self._waiting.extendleft(reversed(lists[max(0, len(lists) - room) :]))
                raise
            return len(lists)

    def _forget(self, lists: list[ServedList]) -> None:
        """Delete the lists of listeners who were forgotten after they were noted; afterwards, so that none slips by."""
        latest = self._forgetting.latest()
        if latest is None or latest < min(each.at for each in lists):
            return
        for listener in {each.listener_id for each in lists}:
            forgotten = self._forgetting.forgotten_at(self._secret.mac("forgotten", listener))
            if forgotten is not None:
                self._log.forget(listener, until=forgotten)
