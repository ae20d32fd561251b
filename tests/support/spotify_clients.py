"""Clients of the Spotify fake: the real spotipy, logged in as a browser would, and plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyOAuth, SpotifyPKCE

from pipelines.testing.spotify_fake import CLIENT_ID, CLIENT_SECRET, SpotifyFake
from pipelines.testing.spotify_fake.messages import Request
from pipelines.testing.spotify_fake.oauth import SCOPES

REDIRECT = "http://127.0.0.1:8765/callback"
#: An id nothing has, and what spotipy says where a refusal has no words.
UNKNOWN = "0" * 22
NO_MESSAGE = "None"


def pkce(fake: SpotifyFake, scopes: Iterable[str] = SCOPES) -> SpotifyPKCE:
    """Return spotipy's own log-in of an app without a secret, at the fake's addresses."""
    return _at(fake, SpotifyPKCE(CLIENT_ID, REDIRECT, scope=" ".join(scopes), **_quiet()))


def oauth(fake: SpotifyFake, scopes: Iterable[str] = SCOPES) -> SpotifyOAuth:
    """Return spotipy's own log-in of an app with a secret."""
    return _at(fake, SpotifyOAuth(CLIENT_ID, CLIENT_SECRET, REDIRECT, scope=" ".join(scopes), **_quiet()))


def redirected(address: str) -> dict[str, str]:
    """Open a log-in page as a browser would, and return what the app is told."""
    answer = requests.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def client_of(fake: SpotifyFake, auth: Any = None, **options: Any) -> spotipy.Spotify:
    """Return spotipy's client at the fake's address; it neither sleeps nor asks twice."""
    client = spotipy.Spotify(auth_manager=auth, requests_session=requests.Session(), **options)
    client.prefix = f"{fake.api_url}/"
    return client


def logged_in(fake: SpotifyFake, scopes: Iterable[str] = SCOPES) -> spotipy.Spotify:
    """Return a client for which the listener has logged in."""
    auth = pkce(fake, scopes)
    auth.get_access_token(redirected(auth.get_authorize_url())["code"], check_cache=False)
    return client_of(fake, auth)


def token_of(client: spotipy.Spotify) -> str:
    """Return the access token of a client."""
    token: str = client.auth_manager.cache_handler.get_cached_token()["access_token"]
    return token


class Inside:
    """Asks the fake without a network between, as the listener who allowed everything."""

    def __init__(self, fake: SpotifyFake) -> None:
        self._fake = fake
        self._header = {"authorization": f"Bearer {token_of(logged_in(fake))}"}

    def __call__(self, method: str, address: str, body: Any = None) -> Any:
        """Return the body of a good answer; the address may begin with the fake's own."""
        parts = urlsplit(address)
        path = parts.path if parts.path.startswith("/v1/") else f"/v1/{parts.path}"
        content = b"" if body is None else json.dumps(body).encode()
        reply, _ = self._fake.answer(Request(method, path, dict(parse_qsl(parts.query)), self._header, content))
        assert reply.status < 300, reply
        return reply.body

    def whole(self, address: str) -> list[Any]:
        """Return all items of a list, page by page."""
        items = []
        while address:
            page = self("GET", address)
            items += page["items"]
            address = page["next"]
        return items


def whole(client: spotipy.Spotify, page: dict[str, Any]) -> list[Any]:
    """Return all items of a list, page by page."""
    items = list(page["items"])
    while page["next"]:
        page = client.next(page)
        items += page["items"]
    return items


def _quiet() -> dict[str, Any]:
    return {"open_browser": False, "cache_handler": MemoryCacheHandler(), "requests_session": requests.Session()}


def _at(fake: SpotifyFake, auth: Any) -> Any:
    auth.OAUTH_AUTHORIZE_URL = f"{fake.accounts_url}/authorize"
    auth.OAUTH_TOKEN_URL = f"{fake.accounts_url}/api/token"
    return auth


def refused(call: Callable[..., object], *arguments: object, **options: object) -> tuple[int, str]:
    """Return status and message of a refusal."""
    with pytest.raises(spotipy.SpotifyException) as caught:
        call(*arguments, **options)
    return caught.value.http_status, caught.value.msg.split("\n ")[-1]


def named(fake: SpotifyFake, name: str) -> Any:
    """Return a playlist of the world by its name."""
    return next(each for each in fake.world.playlists.values() if each.name == name)


def uris(fake: SpotifyFake, count: int) -> list[str]:
    """Return the URIs of the first tracks of the world."""
    return [track.uri for track in list(fake.world.catalogue.tracks.values())[:count]]
