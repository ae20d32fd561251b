"""Somebody who has logged in to the fake, for tests and examples."""

from __future__ import annotations

import atexit
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.login import READ_SCOPES, begin_login, finish_login
from pipelines.sources.spotify_api.source import SpotifyApi, SpotifyApiOptions
from pipelines.sources.spotify_api.tokens import Login, LoginFile
from pipelines.testing.spotify_fake import CLIENT_ID, SpotifyFake

REDIRECT_URI = "http://127.0.0.1/callback"


def app_of(fake: SpotifyFake, folder: Path) -> SpotifyApp:
    """Return the app the fake knows, at the fake's addresses."""
    return SpotifyApp(client_id=CLIENT_ID, api_url=fake.api_url, accounts_url=fake.accounts_url, folder=folder)


def log_in(
    app: SpotifyApp, listener: str = "me", scopes: Iterable[str] = READ_SCOPES, *, now: float | None = None
) -> Login:
    """Log in as a browser would whose user says yes, and keep the log-in."""
    from pipelines.sources.spotify_api.session import SpotifySession

    pending = begin_login(app, SpotifySession(app), scopes, REDIRECT_URI)
    answer = sent_to(pending.address)
    login = finish_login(pending, answer, app=app, listener=listener, now=time.time() if now is None else now)
    LoginFile(app, listener).save(login)
    return login


def sent_to(address: str) -> str:
    """Return where a page of the accounts service sends the browser, without going there."""
    opener = urllib.request.build_opener(_StayHere)
    try:
        with opener.open(address, timeout=10):
            return ""
    except urllib.error.HTTPError as answer:
        with answer:
            return str(answer.headers["Location"])


def example(folder: Path) -> SpotifyApi:
    """Return the source for somebody who has logged in to a fake that all examples share."""
    app = app_of(_shared_fake(), folder / "spotify")
    if LoginFile(app, "me").load() is None:
        log_in(app)
    return SpotifyApi(SpotifyApiOptions(app=app))


@cache
def _shared_fake() -> SpotifyFake:
    fake = SpotifyFake()
    fake.start()
    atexit.register(fake.stop)
    return fake


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Message, newurl: str) -> None:
        """Do not follow: what counts is the address."""
