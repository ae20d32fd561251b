"""Control while the server runs: ``/_fake/faults``, ``/_fake/journal``, ``/_fake/clock``, ``/_fake/plays``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Final

from pipelines.errors import ConfigError
from pipelines.testing.spotify_fake.clock import Clock
from pipelines.testing.spotify_fake.faults import Fault, Faults
from pipelines.testing.spotify_fake.journal import Journal
from pipelines.testing.spotify_fake.messages import Reply, Request
from pipelines.testing.spotify_fake.world import World

#: What no fault strikes and no journal notes.
PREFIX: Final = "/_fake/"


def control(request: Request, faults: Faults, journal: Journal, clock: Clock, world: World) -> Reply:
    """Carry out a control call."""
    what = request.path.removeprefix(PREFIX)
    if (request.method, what) == ("GET", "journal"):
        return Reply(200, [entry.to_json() for entry in journal])
    if (request.method, what) == ("POST", "clock"):
        clock.advance(timedelta(**request.json()))
        return Reply(200, {"now": clock.now().isoformat()})
    if (request.method, what) == ("POST", "plays"):
        world.play(int(request.json()["count"]))
        return Reply(200, {"plays": len(world.plays)})
    if what == "faults":
        return _faults(request, faults)
    return Reply(404, {"error": f"there is nothing at {request.method} {request.path}"})


def _faults(request: Request, faults: Faults) -> Reply:
    if request.method == "DELETE":
        faults.clear()
    elif request.method == "POST":
        try:
            faults.put(Fault(**request.json()))
        except (ConfigError, TypeError) as error:
            return Reply(400, {"error": str(error)})
    return Reply(200, [asdict(fault) for fault in faults.all()])
