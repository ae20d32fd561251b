"""A storm over a service: requests without a pause while models are swapped, the worker is killed, the store goes away.

Every answer is held to the list that its own bundle gives for the history that was sent; nothing may be lost. A
connection that breaks because the worker was killed is asked again, and that is counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import psutil  # type: ignore[import-untyped]  # BentoML brings it

from pipelines.home import Home
from pipelines.release.bundle import ModelBundle
from pipelines.release.champion import set_champion
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from tests.support.served import PATIENCE, Served

K = 5


#: One of so many requests is feedback.
FEEDBACK_EVERY = 10
LISTENER = "storm:petrel"


@dataclass
class Storm:
    """What came of it.

    Attributes:
        answers: How many lists each bundle gave.
        told: The ids of the feedback that was taken.
        wrong: Lists that are not what their bundle gives.
        failed: Requests without an answer, or with another status than 200.
        sent: How many requests were made.
        retried: Requests asked again because their connection broke.
        allowed: Whether connections may break now: a worker was killed a moment ago.
    """

    answers: Counter[str] = field(default_factory=Counter)
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    sent: int = 0
    retried: int = 0
    allowed: bool = False


Event = Callable[[Storm], Awaitable[None]]


class Weather:
    """Sends requests while things happen.

    Args:
        service: The service.
        key: The header of a key with scope ``listen``.
        bundles: Every bundle that may answer.
        histories: What is asked about, in turn.
    """

    def __init__(
        self,
        service: Served,
        key: dict[str, str],
        bundles: Sequence[ModelBundle],
        histories: Sequence[dict[str, float]],
    ) -> None:
        self._service = service
        self._key = key
        self._bodies = [json.dumps({"history": history, "k": K}) for history in histories]
        self._expected = {
            bundle.bundle_id: [
                [(each.track_id, each.score) for each in found] for found in bundle.recommend(list(histories), K)
            ]
            for bundle in bundles
        }
        self._tracks = sorted({track for history in histories for track in history})
        self.storm = Storm()

    async def blow(self, n: int, events: Sequence[Event], connections: int = 16) -> Storm:
        """Send requests while the events happen one after the other, spread evenly over the first ``n``.

        However fast the service answers, there are requests until the last event is over.

        Args:
            n: How many requests, at least.
            events: What happens meanwhile, in this order.
            connections: How many requests are under way at once.
        """
        numbers = count()
        due = {n * (place + 1) // (len(events) + 1): event for place, event in enumerate(events)}
        happening: list[asyncio.Task[None]] = []
        one_at_a_time = asyncio.Lock()

        async def happen(event: Event) -> None:
            async with one_at_a_time:
                await event(self.storm)

        async def visitor(client: httpx.AsyncClient) -> None:
            for number in numbers:
                if number >= n and all(each.done() for each in happening):
                    break
                self.storm.sent += 1
                if number in due:
                    happening.append(asyncio.create_task(happen(due[number])))
                await (self._tell if number % FEEDBACK_EVERY == 0 else self._ask)(client, number)

        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        async with httpx.AsyncClient(base_url=self._service.url, timeout=PATIENCE, limits=limits) as client:
            await asyncio.gather(*(visitor(client) for _ in range(connections)))
        await asyncio.gather(*happening)
        return self.storm

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        """Ask for a list, and hold it to what its bundle gives."""
        place = number % len(self._bodies)
        answer = await self._post(client, "recommendations", self._bodies[place], {})
        if answer is None:
            return
        version = answer["model_version"]
        self.storm.answers[version] += 1
        listed = [(entry["track"]["track_id"], entry["score"]) for entry in answer["recommendations"]]
        if listed != self._expected[version][place]:
            self.storm.wrong.append(f"{version}: {listed}")

    async def _tell(self, client: httpx.AsyncClient, number: int) -> None:
        """Send feedback, and note that it was taken."""
        event_id = f"storm-{number:08d}"
        body = {
            "event_id": event_id,
            "kind": "play",
            "track_id": self._tracks[number % len(self._tracks)],
            "user_id": LISTENER,
        }
        if await self._post(client, "feedback", json.dumps(body), self._key) is not None:
            self.storm.told.append(event_id)

    async def _post(
        self, client: httpx.AsyncClient, name: str, body: str, headers: dict[str, str]
    ) -> dict[str, Any] | None:
        """Make a call, again where its connection breaks while it may."""
        headers = {"Content-Type": "application/json", **headers}
        while True:
            allowed = self.storm.allowed
            try:
                answer = await client.post(f"/v1/{name}", content=body, headers=headers)
            except httpx.TransportError as error:
                if allowed or self.storm.allowed:
                    self.storm.retried += 1
                    await asyncio.sleep(0.05)
                    continue
                self.storm.failed.append(repr(error))
                return None
            if answer.status_code != httpx.codes.OK:
                self.storm.failed.append(answer.text)
                return None
            found: dict[str, Any] = answer.json()
            return found


def promote(home: Home, bundle: ModelBundle, service: Served) -> Event:
    """Return an event: a bundle becomes the champion, and answers."""

    async def event(_: Storm) -> None:
        await asyncio.to_thread(set_champion, home, bundle.bundle_id, "the wind has changed")
        await _until(service, lambda health: health["model_version"] == bundle.bundle_id)

    return event


def kill_the_worker(service: Served) -> Event:
    """Return an event: the process that answers is killed, as in a crash, and the one above it starts another."""

    async def event(storm: Storm) -> None:
        everyone = psutil.Process(service.process.pid).children(recursive=True)
        workers = [each for each in everyone if any("worker" in part for part in each.cmdline())]
        assert workers, "no worker is known by its command line"
        storm.allowed = True
        os.kill(workers[0].pid, signal.SIGKILL)
        await asyncio.to_thread(workers[0].wait, PATIENCE)
        await _until(service, lambda health: health["model"] == "served")
        storm.allowed = False

    return event


def lock_the_store(home: Home, service: Served) -> Event:
    """Return an event: the store is away until the service has noticed, and comes back."""

    async def event(_: Storm) -> None:
        with closing(sqlite3.connect(home.events, isolation_level=None, timeout=PATIENCE)) as other:
            other.execute("BEGIN EXCLUSIVE")
            await _until(service, lambda health: health["spool"] > 0)
            other.execute("ROLLBACK")
        await calm(service)

    return event


async def calm(service: Served) -> None:
    """Wait until the store is there and nothing waits for it."""
    await _until(service, lambda health: health["store"] == "up" and health["spool"] == 0)


async def _until(service: Served, fits: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until what the service says of its health fits."""
    deadline = time.monotonic() + 2 * PATIENCE
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                answer = await client.post(f"{service.url}/v1/health")
                if answer.status_code == httpx.codes.OK and fits(answer.json()):
                    return
            await asyncio.sleep(0.1)
    raise AssertionError("the service does not get there")


def recorded(home: Home) -> list[str]:
    """Return the ids of the feedback in the store."""
    database = Database.of(home)
    found = [event.event_id for event in EventLog(database).of_listener(LISTENER)]
    database.close()
    return found
