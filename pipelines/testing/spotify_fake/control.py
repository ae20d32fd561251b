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
    """Carry out a control call; one that cannot be read is answered with 400 and the reason."""
    try:
        return _carried_out(request, faults, journal, clock, world)
    except (ConfigError, KeyError, TypeError, ValueError) as error:
        return Reply(400, {"error": f"{request.method} {request.path}: {error}"})


def _carried_out(request: Request, faults: Faults, journal: Journal, clock: Clock, world: World) -> Reply:
    what = request.path.removeprefix(PREFIX)
    match request.method, what:
        case "GET", "journal":
            return Reply(200, [entry.to_json() for entry in journal])
        case "POST", "clock":
            clock.advance(timedelta(**request.json()))
            return Reply(200, {"now": clock.now().isoformat()})
        case "POST", "plays":
            return Reply(200, {"played": len(world.play(int(request.json()["count"])))})
        case "POST", "faults":
            faults.put(Fault(**request.json()))
        case "DELETE", "faults":
            faults.clear()
        case "GET", "faults":
            pass
        case _:
            return Reply(404, {"error": f"there is nothing at {request.method} {request.path}"})
    return Reply(200, [asdict(fault) for fault in faults.all()])
