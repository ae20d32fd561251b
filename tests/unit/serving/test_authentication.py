"""Who is let in from where, by headers alone."""

import asyncio
from datetime import UTC, datetime

import pytest

from pipelines.errors import NotIdentifiedError, StoreError
from pipelines.home import Home
from pipelines.store.database import Database
from pipelines.store.keys import KeyRing
from pipelines.store.secret import Secret
from serving.identity import authentication
from serving.identity.authentication import Authenticator, is_own_origin
from serving.identity.callers import NOBODY
from serving.identity.sessions import Sessions
from serving.request import Asked
from serving.store.gateway import StoreGateway
from serving.store.spool import Spool

SECRET = Secret(b"s" * 32)
SESSIONS = Sessions(SECRET)
ADA = "web:" + "a" * 32
HERE, ELSEWHERE = ("127.0.0.1", 3000), ("192.0.2.1", 3000)


def asked_with(headers):
    return Asked((name.lower().encode(), value.encode()) for name, value in headers.items())


@pytest.fixture
def gateway(tmp_path):
    home = Home(tmp_path)
    gateway = StoreGateway(Database.of(home), Spool(home.spool), SECRET)
    gateway.look()
    yield gateway
    gateway.stop()


@pytest.fixture
def key(gateway):
    key, _ = KeyRing(gateway.database).create("x", ["recommend"], per_minute=100, now=datetime.now(UTC))
    return key


def identify(authenticator, server=HERE, **headers):
    return asyncio.run(authenticator.identify({"server": server}, asked_with(headers)))


@pytest.mark.parametrize("server", [HERE, ("::1", 3000), ("/run/socket", None), None])
def test_nobody_in_particular_may_call_from_this_machine(gateway, server):
    assert identify(Authenticator(gateway, SESSIONS), server) is NOBODY


def test_from_elsewhere_a_session_is_not_enough_and_a_key_is(gateway, key):
    authenticator = Authenticator(gateway, SESSIONS)
    for headers in ({}, {"cookie": f"crossfade_session={SESSIONS.sign(ADA)}"}):
        with pytest.raises(NotIdentifiedError, match="callers from other machines need a key"):
            identify(authenticator, ELSEWHERE, **headers)
    assert identify(authenticator, ELSEWHERE, authorization=f"Bearer {key}").scopes == {"recommend"}


def test_what_is_opened_to_the_network_takes_sessions_from_there(gateway):
    authenticator = Authenticator(gateway, SESSIONS, open_to_network=True)
    assert identify(authenticator, ELSEWHERE) is NOBODY
    assert identify(authenticator, ELSEWHERE, cookie=f"crossfade_session={SESSIONS.sign(ADA)}").listener_id == ADA


def test_who_was_known_when_the_store_went_away_goes_on_working(gateway, key, monkeypatch):
    async def away(_):
        raise StoreError("away")

    authenticator = Authenticator(gateway, SESSIONS)
    assert identify(authenticator, authorization=f"Bearer {key}").key_id
    monkeypatch.setattr(authentication, "KEY_SECONDS", 0)
    monkeypatch.setattr(gateway, "find_key", away)
    monkeypatch.setattr("time.monotonic", lambda: 1e9)
    assert identify(authenticator, authorization=f"Bearer {key}").key_id
    with pytest.raises(StoreError):
        identify(authenticator, authorization="Bearer cf_00000000_somebody-else")


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"host": "127.0.0.1:3000", "origin": "http://127.0.0.1:3000"}, True),
        ({"host": "music.example", "origin": "https://music.example"}, True),
        ({"host": "127.0.0.1:3000", "origin": "http://127.0.0.1:3001"}, False),
        ({"host": "127.0.0.1:3000", "origin": "http://127.0.0.1"}, False),
        ({"host": "127.0.0.1:3000", "origin": "null"}, False),
        ({"host": "127.0.0.1:3000", "origin": "http://["}, False),
        ({"host": "127.0.0.1:3000", "sec-fetch-site": "same-origin"}, True),
        ({"host": "127.0.0.1:3000", "sec-fetch-site": "same-site"}, False),
        ({"host": "127.0.0.1:3000"}, False),
    ],
)
def test_only_the_pages_own_origin_counts(headers, own):
    assert is_own_origin(asked_with(headers)) is own
