"""The accounts service: ``/authorize`` and ``/api/token``, with PKCE, rotation and logins that end after six months."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode, urlsplit

from pipelines.testing.spotify_fake.clock import Clock
from pipelines.testing.spotify_fake.messages import Json, RefusedError, Reply, Request, refuse

#: The app the server knows.
CLIENT_ID: Final = "c0ffee00c0ffee00c0ffee00c0ffee00"
CLIENT_SECRET: Final = "5ec2e75ec2e75ec2e75ec2e75ec2e75e"  # noqa: S105 - it opens nothing

#: How long an access token lasts, in seconds.
ACCESS_SECONDS: Final = 3600
#: How long somebody's consent lasts, however often the tokens are refreshed: six months.
CONSENT_LASTS: Final = timedelta(days=182)
_CODE_LASTS: Final = timedelta(minutes=10)
_LOOPBACK: Final = ("127.0.0.1", "::1")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")

SCOPES: Final = frozenset(
    {
        "playlist-modify-private",
        "playlist-modify-public",
        "playlist-read-collaborative",
        "playlist-read-private",
        "user-follow-modify",
        "user-follow-read",
        "user-library-modify",
        "user-library-read",
        "user-read-currently-playing",
        "user-read-email",
        "user-read-playback-state",
        "user-read-private",
        "user-read-recently-played",
        "user-top-read",
    }
)


class Consent(StrEnum):
    """What happens at ``/authorize``."""

    GRANT = "grant"
    REFUSE = "refuse"
    #: A page with two links, for a person with a browser.
    ASK = "ask"


@dataclass(frozen=True)
class Grant:
    """What somebody allowed the app, or what the app may do for itself (``personal`` is False)."""

    scopes: frozenset[str]
    since: datetime
    personal: bool = True


@dataclass(frozen=True)
class _Code:
    grant: Grant
    redirect_uri: str
    challenge: str | None


@dataclass(frozen=True)
class _Access:
    grant: Grant
    until: datetime


class Accounts:
    """Knows one app and one listener.

    Args:
        clock: The server's clock.
        consent: What the listener says when asked.
        redirect_uris: The registered addresses; one on the loopback holds for every port.
    """

    def __init__(self, clock: Clock, consent: Consent, redirect_uris: Sequence[str]) -> None:
        self.consent = consent
        self._clock = clock
        self._redirects = {_without_port(address) for address in redirect_uris}
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, _Access] = {}
        self._refresh: dict[str, Grant] = {}

    def authorize(self, request: Request) -> Reply:
        """Answer the browser: send it back with a code or a refusal, or show the page that asks."""
        query = request.query
        if query.get("client_id") != CLIENT_ID:
            return Reply(400, "INVALID_CLIENT: Invalid client")
        if problem := self._redirect_problem(query.get("redirect_uri", "")):
            return Reply(400, problem)
        if query.get("response_type") != "code":
            return Reply(400, "response_type must be code")
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return Reply(400, "code_challenge_method must be S256")
        scopes = frozenset(query.get("scope", "").split())
        if not scopes <= SCOPES:
            return Reply(400, "Illegal scope")
        return self._decided(request, scopes)

    def token(self, request: Request) -> Reply:
        """Answer ``POST /api/token``."""
        form = request.form()
        try:
            confidential = self._authenticated(request, form)
            issue = {
                "authorization_code": self._from_code,
                "refresh_token": self._from_refresh,
                "client_credentials": self._from_client,
            }.get(form.get("grant_type", ""))
            if issue is None:
                raise _error(
                    "unsupported_grant_type",
                    "grant_type must be client_credentials, authorization_code or refresh_token",
                )
            return Reply(200, issue(form, confidential), {"Cache-Control": "no-store"})
        except RefusedError as refused:
            return refused.reply

    def grant_of(self, request: Request) -> Grant:
        """Return what the bearer of a request's token may do.

        Raises:
            RefusedError: 400 or 401: there is no token, it is unknown or has expired.
        """
        header = request.headers.get("authorization", "")
        if not header:
            raise refuse(401, "No token provided")
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise refuse(400, "Only valid bearer authentication supported")
        access = self._access.get(token)
        if access is None:
            raise refuse(401, "Invalid access token")
        if access.until <= self._clock.now():
            raise refuse(401, "The access token expired")
        return access.grant

    def revoke(self) -> None:
        """Take back every consent, as a listener can on the account's page; access tokens live on for their hour."""
        self._refresh.clear()

    def _redirect_problem(self, address: str) -> str | None:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            return "INVALID_CLIENT: Insecure redirect URI"
        return None if _without_port(address) in self._redirects else "INVALID_CLIENT: Invalid redirect URI"

    def _decided(self, request: Request, scopes: frozenset[str]) -> Reply:
        query = request.query
        if self.consent is Consent.ASK and "decision" not in query:
            return _page(request, scopes)
        granted = self.consent is Consent.GRANT or query.get("decision") == Consent.GRANT
        answer = {"code": self._new_code(request, scopes)} if granted else {"error": "access_denied"}
        if "state" in query:
            answer["state"] = query["state"]
        address = query["redirect_uri"]
        return Reply(302, headers={"Location": f"{address}{'&' if '?' in address else '?'}{urlencode(answer)}"})

    def _new_code(self, request: Request, scopes: frozenset[str]) -> str:
        code = secrets.token_urlsafe(96)
        grant = Grant(scopes, self._clock.now())
        self._codes[code] = _Code(grant, request.query["redirect_uri"], request.query.get("code_challenge"))
        return code

    def _authenticated(self, request: Request, form: dict[str, str]) -> bool:
        """Say whether the app proved who it is; with PKCE it only says so."""
        header = request.headers.get("authorization")
        if header is None:
            if form.get("client_id") != CLIENT_ID:
                raise _error("invalid_client", "Invalid client")
            return False
        client, _, secret = _basic(header).partition(":")
        if client != CLIENT_ID:
            raise _error("invalid_client", "Invalid client")
        if secret != CLIENT_SECRET:
            raise _error("invalid_client", "Invalid client secret")
        return True

    def _from_code(self, form: dict[str, str], confidential: bool) -> Json:  # noqa: FBT001 - one of three handlers
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise _error("invalid_grant", "Invalid authorization code")
        if code.grant.since + _CODE_LASTS <= self._clock.now():
            raise _error("invalid_grant", "Authorization code expired")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _error("invalid_grant", "Invalid redirect URI")
        if code.challenge is not None:
            _check_verifier(form.get("code_verifier", ""), code.challenge)
        elif not confidential:
            raise _error("invalid_client", "Invalid client secret")
        return self._answer(code.grant, self._new_refresh(code.grant))

    def _from_refresh(self, form: dict[str, str], confidential: bool) -> Json:  # noqa: FBT001 - one of three handlers
        token = form.get("refresh_token", "")
        grant = self._refresh.get(token)
        if grant is None or grant.since + CONSENT_LASTS <= self._clock.now():
            raise _error("invalid_grant", "Refresh token revoked")
        if confidential:
            return self._answer(grant)
        # Without a secret a refresh token is good for once.
        del self._refresh[token]
        return self._answer(grant, self._new_refresh(grant))

    def _from_client(self, _: dict[str, str], confidential: bool) -> Json:  # noqa: FBT001 - one of three handlers
        if not confidential:
            raise _error("invalid_client", "Invalid client secret")
        answer = self._answer(Grant(frozenset(), self._clock.now(), personal=False))
        del answer["scope"]
        return answer

    def _new_refresh(self, grant: Grant) -> str:
        token = secrets.token_urlsafe(96)
        self._refresh[token] = grant
        return token

    def _answer(self, grant: Grant, refresh_token: str | None = None) -> Json:
        access = secrets.token_urlsafe(96)
        self._access[access] = _Access(grant, self._clock.now() + timedelta(seconds=ACCESS_SECONDS))
        answer = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": " ".join(sorted(grant.scopes)),
        }
        return answer | ({"refresh_token": refresh_token} if refresh_token else {})


def oauth_refusal(error: str, description: str) -> Reply:
    """Return an error as the accounts service words it."""
    return Reply(400, {"error": error, "error_description": description})


def _error(error: str, description: str) -> RefusedError:
    return RefusedError(oauth_refusal(error, description))


def _without_port(address: str) -> str:
    """Return a loopback address without its port, another one as it is."""
    parts = urlsplit(address)
    if parts.hostname not in _LOOPBACK:
        return address
    return parts._replace(netloc=str(parts.hostname)).geturl()


def _basic(header: str) -> str:
    kind, _, text = header.partition(" ")
    try:
        return base64.b64decode(text, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check_verifier(verifier: str, challenge: str) -> None:
    if not _VERIFIER.fullmatch(verifier):
        raise _error("invalid_request", "code_verifier must be 43 to 128 unreserved characters")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if digest != challenge:
        raise _error("invalid_grant", "code_verifier was incorrect")


def _page(request: Request, scopes: frozenset[str]) -> Reply:
    """Return the page on which a person agrees or not."""
    wanted = "".join(f"<li>{html.escape(scope)}</li>" for scope in sorted(scopes)) or "<li>nothing in particular</li>"
    links = "".join(
        f'<p><a href="/authorize?{html.escape(urlencode({**request.query, "decision": decision}))}">{title}</a></p>'
        for decision, title in ((Consent.GRANT, "Agree"), (Consent.REFUSE, "Cancel"))
    )
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in to the fake</title>'
        f"<h1>An app asks for access</h1><p>This is a fake. The app asks for:</p><ul>{wanted}</ul>{links}</html>"
    )
    return Reply(200, text, content_type="text/html; charset=utf-8")
