"""What a running service works with: made once a worker, shared by its calls and by the pages mounted beside them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from starlette.types import Scope

from pipelines.errors import CrossfadeError, ServiceError
from pipelines.store.database import Database
from pipelines.store.forget_requests import ForgetRequests
from pipelines.store.forgetting import Forgetting
from pipelines.store.imports import ImportLog
from pipelines.store.outbox import Outbox
from pipelines.store.secret import Secret
from pipelines.store.served import ServedLog
from pipelines.store.tokens import TokenSafe
from serving.holder import EngineHolder
from serving.identity.authentication import Authenticator
from serving.identity.callers import NOBODY, Caller
from serving.identity.hosts import Hosts
from serving.identity.sessions import Sessions
from serving.imports.consenting import ConsentDesk
from serving.imports.running import Importer
from serving.observing import logs
from serving.observing.metrics import Metrics
from serving.request import Asked
from serving.settings import ServingSettings
from serving.spotify.account import SpotifyAccounts
from serving.store.gateway import StoreGateway
from serving.store.journal import ListJournal
from serving.store.spool import Spool

#: How soon a new champion is noticed.
SECONDS_BETWEEN_LOOKS = 2.0


class _Parts(NamedTuple):
    settings: ServingSettings
    holder: EngineHolder
    gateway: StoreGateway
    journal: ListJournal
    secret: Secret
    sessions: Sessions
    authenticator: Authenticator
    hosts: Hosts
    importer: Importer
    consents: ConsentDesk
    spotify: SpotifyAccounts
    metrics: Metrics


class Runtime:
    """The parts of a running service. Making one costs nothing: the parts are there after ``start``."""

    def __init__(self) -> None:
        self._parts: _Parts | None = None

    def start(self, settings: ServingSettings, routes: Collection[str] = ()) -> None:
        """Make the parts; without a model or a store the service runs and says so.

        Args:
            settings: What the service was told from outside.
            routes: The addresses of the calls, which the figures tell apart.

        Raises:
            ConfigError: A setting is impossible.
        """
        secret = Secret.of(settings.home, settings.secret_key)
        holder = EngineHolder(settings)
        database = Database.of(settings.home, settings.store_url)
        # With a store of its own kind a service may have its disk for itself: word to the flows goes through the store.
        outbox = Outbox(database, secret) if database.is_shared else None
        gateway = StoreGateway(
            database, Spool(settings.home.spool), secret, outbox or ForgetRequests(settings.home, secret)
        )
        journal = ListJournal(ServedLog(gateway.database), Forgetting(gateway.database), secret)
        sessions = Sessions(secret)
        authenticator = Authenticator(gateway, sessions, open_to_network=settings.open_to_network)
        hosts = Hosts((*settings.hosts, urlsplit(settings.public_url).hostname or ""))
        importer, consents = Importer(settings.home, ImportLog(database)), ConsentDesk(settings.home, outbox)
        app = settings.spotify.model_copy(update={"folder": settings.home.spotify})
        spotify, metrics = SpotifyAccounts(app, TokenSafe(gateway.database, secret)), Metrics(routes)
        self._parts = _Parts(
            settings,
            holder,
            gateway,
            journal,
            secret,
            sessions,
            authenticator,
            hosts,
            importer,
            consents,
            spotify,
            metrics,
        )
        gateway.start()
        importer.clear()
        journal.start()
        with suppress(CrossfadeError):
            holder.load()
        holder.watch(SECONDS_BETWEEN_LOOKS)

    def stop(self) -> None:
        """Let go of everything that runs beside the calls."""
        if self._parts is not None:
            self._parts.importer.stop()
            self._parts.holder.stop()
            self._parts.journal.stop()
            self._parts.gateway.stop()

    def let_go(self, listener_id: str) -> None:
        """End what is kept of a listener beside the store, once that has forgotten them.

        Raises:
            CrossfadeError: The ledger of consents cannot be written.
        """
        self._started.spotify.forget(listener_id)
        self._started.consents.withdraw(listener_id)

    def check_host(self, scope: Scope, asked: Asked) -> None:
        """Check that a request names this service, unless callers from everywhere are let in anyway.

        Raises:
            WrongHostError: It names something else.
        """
        if self._parts is not None and not self._parts.settings.open_to_network:
            self._parts.hosts.check(scope, asked)

    async def identify(self, scope: Scope, asked: Asked) -> Caller:
        """Return who makes a request; before the start, nobody in particular.

        Raises:
            CrossfadeError: They may not call.
        """
        return NOBODY if self._parts is None else await self._parts.authenticator.identify(scope, asked)

    def observe(self, path: str, status: int, seconds: float) -> None:
        """Take note of an answer."""
        if self._parts is not None:
            self._parts.metrics.called(path, status, seconds)
            logs.called(path, status, seconds)

    @property
    def metrics(self) -> Metrics:
        """The figures of this worker."""
        return self._started.metrics

    @property
    def settings(self) -> ServingSettings:
        """What the service was told from outside."""
        return self._started.settings

    @property
    def holder(self) -> EngineHolder:
        """The engine being served, or the reason why there is none."""
        return self._started.holder

    @property
    def gateway(self) -> StoreGateway:
        """The event store."""
        return self._started.gateway

    @property
    def journal(self) -> ListJournal:
        """Which model made each list."""
        return self._started.journal

    @property
    def secret(self) -> Secret:
        """The installation's secret."""
        return self._started.secret

    @property
    def sessions(self) -> Sessions:
        """What makes and reads the page's cookies."""
        return self._started.sessions

    @property
    def importer(self) -> Importer:
        """What has people's files read."""
        return self._started.importer

    @property
    def consents(self) -> ConsentDesk:
        """What listeners agree to before they bring their own data."""
        return self._started.consents

    @property
    def spotify(self) -> SpotifyAccounts:
        """The listeners' own accounts on Spotify."""
        return self._started.spotify

    @property
    def _started(self) -> _Parts:
        """The parts.

        Raises:
            ServiceError: The service has not started.
        """
        if self._parts is None:
            raise ServiceError("the service has not started", remedy="Try again in a moment")
        return self._parts
