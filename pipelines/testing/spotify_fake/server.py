"""The server: HTTP on the loopback, one lock around the world, one table of routes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from pipelines.errors import ServiceError
from pipelines.testing.spotify_fake import library, music, playlists, search
from pipelines.testing.spotify_fake.accounts import Accounts, Consent
from pipelines.testing.spotify_fake.clock import Clock
from pipelines.testing.spotify_fake.connection import Answer, Server
from pipelines.testing.spotify_fake.control import PREFIX, control
from pipelines.testing.spotify_fake.faults import Fault, Faults
from pipelines.testing.spotify_fake.journal import Journal, entry_of
from pipelines.testing.spotify_fake.messages import RefusedError, Reply, Request, refusal
from pipelines.testing.spotify_fake.profiles import Profile
from pipelines.testing.spotify_fake.routing import Call, Route
from pipelines.testing.spotify_fake.shapes import Shapes
from pipelines.testing.spotify_fake.world import make_world

ROUTES: Final = (*library.ROUTES, *playlists.ROUTES, *search.ROUTES, *music.ROUTES)
#: The addresses a login may be sent back to; the loopback ones with any port.
REDIRECT_URIS: Final = ("http://127.0.0.1/callback", "http://127.0.0.1/", "http://127.0.0.1")


class SpotifyFake:
    """A running fake; as a context manager it stops at the end.

    Args:
        profile: What kind of app the clients are.
        seed: The same seed gives the same music, listener and ids.
        port: The port; 0 for any that is free.
        consent: What the listener says when an app asks for access.
        redirect_uris: The registered addresses of the app.

    Attributes:
        api_url: Stands for ``https://api.spotify.com/v1``.
        accounts_url: Stands for ``https://accounts.spotify.com``.
        world: What the server knows; ``fake.changing()`` to change it while requests come in.
        faults: Switches failures on and off.
        journal: What was asked.
        clock: Can be advanced to see what expires.

    Raises:
        ServiceError: The port is taken.
    """

    def __init__(
        self,
        profile: Profile | str = Profile.DEV_2026,
        *,
        seed: int = 0,
        port: int = 0,
        consent: Consent = Consent.GRANT,
        redirect_uris: Sequence[str] = REDIRECT_URIS,
    ) -> None:
        self.profile = Profile(profile)
        self.clock = Clock()
        self.world = make_world(seed, self.clock)
        self.accounts = Accounts(self.clock, consent, redirect_uris)
        self.faults = Faults()
        self.journal = Journal()
        self._lock = threading.RLock()
        self._server = _listening(port, self.answer)
        self.accounts_url = self._server.url
        self.api_url = f"{self.accounts_url}/v1"
        self._shapes = Shapes(self.accounts_url, self.profile, self.world)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and close every connection."""
        self._server.stop()
        self._thread.join()

    def changing(self) -> threading.RLock:
        """Return the lock to hold while changing the world under running clients."""
        return self._lock

    def advance(self, **time: float) -> None:
        """Let time pass at once: ``fake.advance(days=183)``."""
        self.clock.advance(timedelta(**time))

    def answer(self, request: Request) -> tuple[Reply, Sequence[Fault]]:
        """Return what a request is answered, and the faults that struck it."""
        with self._lock:
            if request.path.startswith(PREFIX):
                return control(request, self.faults, self.journal, self.clock, self.world), ()
            struck = self.faults.strike(request)
            reply = _refused_by(struck) or self._carry_out(request)
            if reply.status < 300:  # noqa: PLR2004 - only good answers come out spoilt
                _spoil(struck, reply)
                for fault in struck:
                    if fault.kind.unsettle:
                        fault.kind.unsettle(self.world, request, reply.body)
            names = ",".join(fault.name for fault in struck)
            self.journal.append(entry_of(request, self.clock.now(), reply.status, names))
            return reply, struck

    def _carry_out(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", "/api/token"):
            return self.accounts.token(request)
        if (request.method, request.path) == ("GET", "/authorize"):
            return self.accounts.authorize(request)
        try:
            grant = self.accounts.grant_of(request)
            route, ids = _route_of(request)
            if route.taken is not None and not self.profile.has_old_endpoints:
                return route.taken
            call = Call(request, ids, self.world, self._shapes, grant)
            if (route.personal or route.scope) and not grant.personal:
                return refusal(401, "Valid user authentication required")
            if route.scope:
                call.needs(route.scope)
            answer = route.handler(call)
        except RefusedError as refused:
            return refused.reply
        return answer if isinstance(answer, Reply) else Reply(200, answer)


def _route_of(request: Request) -> tuple[Route, dict[str, str]]:
    for route in ROUTES:
        ids = route.match(request)
        if ids is not None:
            return route, ids
    raise RefusedError(refusal(404, "Service not found"))


def _refused_by(struck: Sequence[Fault]) -> Reply | None:
    for fault in struck:
        if fault.kind.refuse:
            return fault.kind.refuse(fault.value or 0)
    return None


def _spoil(struck: Sequence[Fault], reply: Reply) -> None:
    """Change the body, which was made for this answer alone."""
    for fault in struck:
        if fault.kind.spoil:
            fault.kind.spoil(reply.body)


def _listening(port: int, answer: Answer) -> Server:
    try:
        return Server(port, answer)
    except OSError as error:
        raise ServiceError(
            f"the port {port} cannot be used ({error.strerror})",
            where="spotify-fake",
            remedy="Name another one with --port",
        ) from error
