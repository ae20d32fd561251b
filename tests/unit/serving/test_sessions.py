import re

import pytest

from pipelines.store.secret import Secret
from serving.identity.sessions import LIFETIME, Sessions, cookie_header, session_cookie

SESSIONS = Sessions(Secret(b"s" * 32))
ADA = "web:" + "a" * 32


def test_a_cookie_says_who_it_was_made_for_and_how_long_ago():
    assert SESSIONS.read(SESSIONS.sign(ADA, now=1000), now=1060) == (ADA, 60)


def test_listeners_are_random():
    made = {Sessions.new_listener() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("web:[0-9a-f]{32}", listener) for listener in made)


def test_an_old_cookie_is_none():
    cookie = SESSIONS.sign(ADA, now=1000)
    assert SESSIONS.read(cookie, now=1000 + LIFETIME - 1)
    assert SESSIONS.read(cookie, now=1000 + LIFETIME) is None


@pytest.mark.parametrize("place", [2, 20, 35, 45, 100])
def test_a_cookie_with_one_character_changed_is_none(place):
    cookie = SESSIONS.sign(ADA, now=1000)
    other = "0" if cookie[place] != "0" else "1"
    assert SESSIONS.read(cookie[:place] + other + cookie[place + 1 :], now=1000) is None


@pytest.mark.parametrize("value", ["", "1", "1...", "1." + "a" * 32 + ".1." + "0" * 64, "é" * 100, "1." * 5000])
def test_what_is_no_cookie_is_none(value):
    assert SESSIONS.read(value, now=2) is None


def test_another_installations_cookie_is_none():
    assert Sessions(Secret(b"o" * 32)).read(SESSIONS.sign(ADA, now=1000), now=1000) is None


def test_a_csrf_token_is_its_listeners_alone():
    token = SESSIONS.csrf_token(ADA)
    assert SESSIONS.is_csrf_token(token, ADA)
    assert not SESSIONS.is_csrf_token(token, "web:" + "b" * 32)
    assert not SESSIONS.is_csrf_token("é", ADA)
    assert token not in SESSIONS.sign(ADA)


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_from_the_clear_where_it_came_encrypted():
    plain, secure = cookie_header("x", secure=False), cookie_header("x", secure=True)
    assert plain == f"crossfade_session=x; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax"
    assert secure == f"{plain}; Secure"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("crossfade_session=x", "x"),
        ("a=b; crossfade_session=x; c=d", "x"),
        ("other=1", ""),
        ("crossfade_session", ""),
        ("\x00crossfade_session=", ""),
    ],
)
def test_the_cookie_is_found_among_others(header, value):
    assert session_cookie(header) == value
