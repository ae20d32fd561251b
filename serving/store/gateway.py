"""The event store as the calls see it: asked in threads, for a bounded time, and with a spool for when it is away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event as Flag
from threading import Thread
from typing import Literal, NamedTuple, TypeVar

from pipelines.data.feedback import Event
from pipelines.errors import StoreError
from pipelines.store.database import PATIENCE, Database
from pipelines.store.events import EventLog
from pipelines.store.forget_requests import ForgetRequests, mac_of
from pipelines.store.forgetting import Forgetting, Receipt
from pipelines.store.keys import ApiKey, KeyRing
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.outbox import Outbox
from pipelines.store.secret import Secret
from serving.store.spool import Spool

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

#: How long a store that failed is left alone, and how often the spool is looked at, in seconds.
PAUSE = 1.0

#: The longest a call waits for the store: its own patience, and a little for the way.
_LONGEST = PATIENCE + 0.5

_THREADS = 8


class Kept(NamedTuple):
    """What is known of a listener.

    Attributes:
        events: Their feedback, stored or waiting.
        imported: The history they brought along: track id -> plays.
        whole: Whether that is all; False while the store is away.
    """

    events: list[Event]
    imported: dict[str, float]
    whole: bool


class StoreGateway:
    """Keeps what listeners do, and knows them by it.

    A store that does not answer is left alone for a moment, so that it costs one call its patience and not every call.
    """

    def __init__(
        self, database: Database, spool: Spool, secret: Secret, requests: ForgetRequests | Outbox | None = None
    ) -> None:
        self.database = database
        self.spool = spool
        self._secret = secret
        self._requests = requests
        self._log = EventLog(database)
        self._keys = KeyRing(database)
        self._forgetting = Forgetting(database)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")
        self._away_until = 0.0
        self._ready = False
        self._stopped = Flag()

    def start(self) -> None:
        """Make the store's tables where they lack, and begin to look after the spool."""
        self.look()
        Thread(target=self._look_now_and_then, name="spool", daemon=True).start()

    def stop(self) -> None:
        """Stop looking after the spool, and close the store."""
        self._stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.database.close()

    @property
    def is_up(self) -> bool:
        """Whether the store answered when it was asked last."""
        return self._ready and time.monotonic() >= self._away_until

    def lag(self) -> float:
        """Return how many seconds the oldest event of the spool has been waiting; 0 where none waits."""
        waiting = [datetime.fromisoformat(event.at).timestamp() for event in self.spool.events()]
        return max(0.0, time.time() - min(waiting)) if waiting else 0.0

    async def record(self, event: Event) -> tuple[bool, Literal["store", "spool"]]:
        """Keep an event, and tell whether it is new and where it is kept; in the spool every event seems new.

        Raises:
            StoreError: Neither the store nor the spool can keep it.
        """
        try:
            (new,) = await self._ask(lambda: self._log.append([event]))
        except StoreError:
            await self._beside(lambda: self.spool.append([event]))
            return True, "spool"
        return new, "store"

    async def known(self, listener_id: str) -> Kept:
        """Return what is known of a listener; while the store is away, what waits in the spool."""
        waiting = await self._beside(lambda: self.spool.events(listener_id)) if self.spool.size() else []
        try:
            events, imported = await self._ask(
                lambda: (self._log.of_listener(listener_id), self._log.imported(listener_id))
            )
        except StoreError:
            return Kept(waiting, {}, whole=False)
        return Kept(events + waiting, imported, whole=True)

    async def forget(self, listener_id: str) -> Receipt:
        """Delete everything that is kept of a listener, waiting or stored.

        Raises:
            StoreError: The store is away; nothing was deleted.
        """

        def forget() -> Receipt:
            # First, so that a crash after the deletion cannot leave snapshots and models that nobody cleans.
            self._ask_the_flow(listener_id)
            with self.spool.without(listener_id) as waiting:
                mac = self._mac(listener_id)
                receipt = self._forgetting.forget(listener_id, now=datetime.now(UTC), mac=mac, spooled=waiting)
            self._ask_the_flow(listener_id, receipt.removed)
            return receipt

        return await self._ask(forget)

    async def find_key(self, key: str) -> ApiKey | None:
        """Return what is known of an API key.

        Raises:
            StoreError: The store is away.
        """
        return await self._ask(lambda: self._keys.find(key))

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask the store something else, in a thread; for groups of calls with tables of their own.

        Raises:
            StoreError: The store is away.
        """
        return await self._ask(question)

    def look(self) -> None:
        """See whether the store is there; if so, store what waits in the spool."""
        try:
            bring_up_to_date(self.database)
            self._set_up()
            stored = self.spool.drain(self._store_late)
            if stored:
                logger.info("%d events of the spool are stored", stored)
        except StoreError as error:
            self._set_down(error)

    def _store_late(self, events: list[Event]) -> None:
        """Store events that waited, but none of a listener who was forgotten meanwhile."""
        forgotten = {who: self._forgetting.forgotten_at(self._mac(who)) for who in {e.listener_id for e in events}}
        self._log.append([event for event in events if event.at > (forgotten[event.listener_id] or "")])

    def _ask_the_flow(self, listener_id: str, removed: Mapping[str, int] | None = None) -> None:
        """Leave word that snapshots, models and reports have to forget somebody too: that is the flow ``forget``'s."""
        if self._requests is not None:
            self._requests.add(listener_id, now=datetime.now(UTC), removed=removed)

    def _mac(self, listener_id: str) -> str:
        return mac_of(self._secret, listener_id)

    async def _ask(self, question: Callable[[], Answer]) -> Answer:
        if not self.is_up:
            raise StoreError(
                "the event store is away", where=self.database.place, remedy="Try again in a moment; it is looked for"
            )
        try:
            return await asyncio.wait_for(self._beside(question), _LONGEST)
        except StoreError as error:
            self._set_down(error)
            raise
        except TimeoutError as error:
            late = StoreError("the event store does not answer", where=self.database.place, remedy="Try again")
            self._set_down(late)
            raise late from error

    async def _beside(self, work: Callable[[], Answer]) -> Answer:
        """Do something in a thread, so that other calls go on."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _set_up(self) -> None:
        if not self._ready or self._away_until:
            logger.info("The event store is there: %s", self.database.place)
        self._ready, self._away_until = True, 0.0

    def _set_down(self, error: StoreError) -> None:
        if self.is_up or not (self._ready or self._away_until):
            logger.warning("The event store is away, feedback waits in the spool: %s", error)
        self._away_until = time.monotonic() + 2 * PAUSE

    def _look_now_and_then(self) -> None:
        while not self._stopped.wait(PAUSE):
            if self.spool.size() or not self.is_up or self._away_until:
                with suppress(Exception):  # the store's or the disk's; the next look may go better
                    self.look()
