"""The fake's accounts service: every way to a token, and every way to be refused one."""

from __future__ import annotations

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import spotipy
from spotipy.cache_handler import MemoryCacheHandler
from spotipy.oauth2 import SpotifyClientCredentials, SpotifyOauthError

from pipelines.testing.spotify_fake import CLIENT_ID, CLIENT_SECRET, Consent, SpotifyFake
from tests.support.spotify_clients import REDIRECT, client_of, oauth, pkce, redirected, token_of

pytestmark = pytest.mark.integration

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()


def ask(fake, **changes):
    """Open /authorize with good parameters and some changes; None leaves one out."""
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "user-top-read",
        "state": "s",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    query = {name: value for name, value in (query | changes).items() if value is not None}
    return requests.get(f"{fake.accounts_url}/authorize?{urlencode(query)}", allow_redirects=False, timeout=10)


def code(fake, **changes):
    return parse_qs(urlsplit(ask(fake, **changes).headers["Location"]).query)["code"][0]


def token(fake, basic="", **form):
    headers = {"Authorization": f"Basic {basic}"} if basic else {}
    return requests.post(f"{fake.accounts_url}/api/token", data=form, headers=headers, timeout=10)


def redeem(fake, **changes):
    """Turn a new code into a token, with some changes."""
    form = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return token(fake, **({"code": code(fake)} | form | changes))


def refresh(fake, refresh_token, **changes):
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": refresh_token}
    return token(fake, **(form | changes))


def refused(answer):
    """Return status, error and description of a refused token."""
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


# --- /authorize


def test_a_listener_who_agrees_comes_back_with_a_code_and_the_state(fake):
    told = parse_qs(urlsplit(ask(fake, state="abc def").headers["Location"]).query)
    assert told["state"] == ["abc def"]
    assert set(told) == {"code", "state"}


def test_a_listener_who_refuses_comes_back_with_an_error():
    with SpotifyFake(consent=Consent.REFUSE) as fake:
        answer = ask(fake)
    assert answer.headers["Location"] == f"{REDIRECT}?error=access_denied&state=s"


def test_who_refuses_cannot_be_made_to_agree_by_a_link():
    with SpotifyFake(consent=Consent.REFUSE) as fake:
        answer = ask(fake, decision="grant")
    assert "error=access_denied" in answer.headers["Location"]


@pytest.mark.parametrize(("link", "told"), [("Agree", "code"), ("Cancel", "error")])
def test_a_person_with_a_browser_is_asked(link, told):
    with SpotifyFake(consent=Consent.ASK) as fake:
        page = ask(fake, state='"><script>')
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<script>" not in page.text
        address = page.text.partition(f'">{link}')[0].rpartition('href="')[2].replace("&amp;", "&")
        answer = requests.get(fake.accounts_url + address, allow_redirects=False, timeout=10)
    assert told in parse_qs(urlsplit(answer.headers["Location"]).query)
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["state"] == ['"><script>']


@pytest.mark.parametrize(
    ("changes", "page"),
    [
        ({"client_id": "f" * 32}, "INVALID_CLIENT: Invalid client"),
        ({"redirect_uri": "http://localhost:8765/callback"}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"redirect_uri": "http://example.org/callback"}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"redirect_uri": "https://example.org/callback"}, "INVALID_CLIENT: Invalid redirect URI"),
        ({"redirect_uri": "http://127.0.0.1:8765/elsewhere"}, "INVALID_CLIENT: Invalid redirect URI"),
        ({"redirect_uri": "http://["}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"redirect_uri": None}, "INVALID_CLIENT: Insecure redirect URI"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"code_challenge_method": "plain"}, "code_challenge_method must be S256"),
        ({"scope": "user-top-read everything"}, "Illegal scope"),
    ],
)
def test_requests_that_cannot_be_trusted_end_at_the_service_and_send_nobody_anywhere(fake, changes, page):
    answer = ask(fake, **changes)
    assert (answer.status_code, answer.text) == (400, page)
    assert "Location" not in answer.headers


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/callback", "http://127.0.0.1:65000/callback"])
def test_a_loopback_address_holds_for_every_port(fake, address):
    assert ask(fake, redirect_uri=address).headers["Location"].startswith(address)


# --- /api/token


def test_spotipy_logs_in_with_pkce(fake):
    auth = pkce(fake, ["user-top-read"])
    told = redirected(auth.get_authorize_url(state="xyz"))
    auth.get_access_token(told["code"], check_cache=False)
    client = client_of(fake, auth)
    assert told["state"] == "xyz"
    assert client.current_user_top_tracks()["total"] == 120
    assert auth.cache_handler.get_cached_token()["scope"] == "user-top-read"


def test_spotipy_logs_in_with_a_secret_and_keeps_its_refresh_token(fake):
    auth = oauth(fake, ["user-top-read"])
    auth.get_access_token(redirected(auth.get_authorize_url())["code"], as_dict=False, check_cache=False)
    before = auth.cache_handler.get_cached_token()["refresh_token"]
    auth.refresh_access_token(before)
    assert auth.cache_handler.get_cached_token()["refresh_token"] == before
    assert client_of(fake, auth).current_user_top_tracks()["total"] == 120


def test_an_app_by_itself_sees_music_and_no_listener(fake):
    # Without a cache handler of its own spotipy writes the token to ./.cache.
    kept = MemoryCacheHandler()
    auth = SpotifyClientCredentials(CLIENT_ID, CLIENT_SECRET, requests_session=requests.Session(), cache_handler=kept)
    auth.OAUTH_TOKEN_URL = f"{fake.accounts_url}/api/token"
    client = client_of(fake, auth)
    assert client.search("the")["tracks"]["total"] > 0
    with pytest.raises(spotipy.SpotifyException, match="Valid user authentication required"):
        client.me()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"code": "never-issued"}, (400, "invalid_grant", "Invalid authorization code")),
        ({"code_verifier": "w" * 43}, (400, "invalid_grant", "code_verifier was incorrect")),
        (
            {"code_verifier": "v" * 42},
            (400, "invalid_request", "code_verifier must be 43 to 128 unreserved characters"),
        ),
        (
            {"code_verifier": "v" * 129},
            (400, "invalid_request", "code_verifier must be 43 to 128 unreserved characters"),
        ),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, (400, "invalid_grant", "Invalid redirect URI")),
        ({"client_id": "f" * 32}, (400, "invalid_client", "Invalid client")),
        (
            {"grant_type": "password"},
            (
                400,
                "unsupported_grant_type",
                "grant_type must be client_credentials, authorization_code or refresh_token",
            ),
        ),
    ],
)
def test_a_code_is_refused_to_whoever_did_not_ask_for_it(fake, changes, refusal):
    assert refused(redeem(fake, **changes)) == refusal


def test_a_code_is_good_for_once(fake):
    once = code(fake)
    assert redeem(fake, code=once).status_code == 200
    assert refused(redeem(fake, code=once)) == (400, "invalid_grant", "Invalid authorization code")


def test_a_code_is_good_for_ten_minutes(fake):
    late = code(fake)
    fake.advance(minutes=11)
    assert refused(redeem(fake, code=late)) == (400, "invalid_grant", "Authorization code expired")


@pytest.mark.parametrize(
    ("credentials", "description"),
    [
        (f"{CLIENT_ID}:wrong", "Invalid client secret"),
        (f"{'f' * 32}:{CLIENT_SECRET}", "Invalid client"),
        ("", "Invalid client"),
    ],
)
def test_a_wrong_secret_is_refused(fake, credentials, description):
    basic = base64.b64encode(credentials.encode()).decode() or "not base64"
    assert refused(token(fake, basic, grant_type="client_credentials")) == (400, "invalid_client", description)


def test_without_a_secret_there_is_no_token_for_the_app_itself(fake):
    answer = token(fake, grant_type="client_credentials", client_id=CLIENT_ID)
    assert refused(answer) == (400, "invalid_client", "Invalid client secret")


def test_a_code_asked_for_without_a_challenge_needs_the_secret(fake):
    plain = code(fake, code_challenge=None, code_challenge_method=None)
    assert refused(redeem(fake, code=plain)) == (400, "invalid_client", "Invalid client secret")
    plain = code(fake, code_challenge=None, code_challenge_method=None)
    form = {"grant_type": "authorization_code", "code": plain, "redirect_uri": REDIRECT}
    assert token(fake, BASIC, **form).json()["refresh_token"]


def test_refreshing_rotates_and_the_old_token_dies(fake):
    first = redeem(fake).json()
    second = refresh(fake, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["scope"] == first["scope"] == "user-top-read"
    assert refused(refresh(fake, first["refresh_token"])) == (400, "invalid_grant", "Refresh token revoked")
    assert refresh(fake, second["refresh_token"]).status_code == 200


def test_a_login_ends_after_six_months_however_often_it_is_refreshed(fake):
    held = redeem(fake).json()["refresh_token"]
    for _ in range(6):
        fake.advance(days=30)
        held = refresh(fake, held).json()["refresh_token"]
    fake.advance(days=3)
    assert refused(refresh(fake, held)) == (400, "invalid_grant", "Refresh token revoked")


def test_an_access_token_lives_for_an_hour_and_a_refreshed_one_for_another(fake, client):
    fake.advance(seconds=3599)
    assert client.me()["id"] == "listener"
    fake.advance(seconds=2)
    with pytest.raises(spotipy.SpotifyException, match="The access token expired"):
        client.me()
    client.auth_manager.refresh_access_token(client.auth_manager.cache_handler.get_cached_token()["refresh_token"])
    assert client.me()["id"] == "listener"


def test_what_a_listener_takes_back_cannot_be_refreshed(fake, client):
    fake.accounts.revoke()
    held = client.auth_manager.cache_handler.get_cached_token()["refresh_token"]
    with pytest.raises(SpotifyOauthError, match="Refresh token revoked"):
        client.auth_manager.refresh_access_token(held)


def test_spotipy_keeps_a_dead_login_unless_told_otherwise(fake, client):
    # The trap the product steps around: a new code is ignored while the old token lies in the cache.
    asked = len(fake.journal.of("POST", "/api/token"))
    old = token_of(client)
    assert client.auth_manager.get_access_token(secrets.token_urlsafe(8)) == old
    assert len(fake.journal.of("POST", "/api/token")) == asked


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer "])
def test_only_bearer_tokens_count(fake, header):
    answer = requests.get(f"{fake.api_url}/me", headers={"Authorization": header}, timeout=10)
    assert answer.json() == {"error": {"status": 400, "message": "Only valid bearer authentication supported"}}


def test_the_journal_holds_no_secret(fake, client):
    client.me()
    text = str([entry.to_json() for entry in fake.journal])
    held = client.auth_manager.cache_handler.get_cached_token()
    assert len(fake.journal) == 3
    for secret in (held["access_token"], held["refresh_token"], client.auth_manager.code_verifier):
        assert secret not in text
