"""The accounts service: ``/authorize`` and ``/api/token``, with PKCE, rotation and logins that end after six months."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from pipelines.testing.spotify_fake.clock import Clock
from pipelines.testing.spotify_fake.messages import Json, RefusedError, Reply, Request, refuse
from pipelines.testing.spotify_fake.oauth import (
    SCOPES,
    basic_credentials,
    check_verifier,
    is_safe,
    page,
    refuse_token,
    without_port,
)

#: The app the server knows.
CLIENT_ID: Final = "c0ffee00c0ffee00c0ffee00c0ffee00"
CLIENT_SECRET: Final = "5ec2e75ec2e75ec2e75ec2e75ec2e75e"  # noqa: S105 - it opens nothing

#: How long an access token lasts, in seconds.
ACCESS_SECONDS: Final = 3600
#: How long somebody's consent lasts, however often the tokens are refreshed: six months.
CONSENT_LASTS: Final = timedelta(days=182)
_CODE_LASTS: Final = timedelta(minutes=10)


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
        self._redirects = {without_port(address) for address in redirect_uris}
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
                raise refuse_token(
                    "unsupported_grant_type",
                    "grant_type must be client_credentials, authorization_code or refresh_token",
                )
            return Reply(200, issue(form, confidential=confidential), {"Cache-Control": "no-store"})
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
        if not is_safe(address):
            return "INVALID_CLIENT: Insecure redirect URI"
        return None if without_port(address) in self._redirects else "INVALID_CLIENT: Invalid redirect URI"

    def _decided(self, request: Request, scopes: frozenset[str]) -> Reply:
        query = request.query
        if self.consent is Consent.ASK and "decision" not in query:
            return page(query, scopes, {Consent.GRANT: "Agree", Consent.REFUSE: "Cancel"})
        granted = (query["decision"] if self.consent is Consent.ASK else self.consent) == Consent.GRANT
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
                raise refuse_token("invalid_client", "Invalid client")
            return False
        client, _, secret = basic_credentials(header).partition(":")
        if client != CLIENT_ID:
            raise refuse_token("invalid_client", "Invalid client")
        if secret != CLIENT_SECRET:
            raise refuse_token("invalid_client", "Invalid client secret")
        return True

    def _from_code(self, form: dict[str, str], *, confidential: bool) -> Json:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise refuse_token("invalid_grant", "Invalid authorization code")
        if code.grant.since + _CODE_LASTS <= self._clock.now():
            raise refuse_token("invalid_grant", "Authorization code expired")
        if code.redirect_uri != form.get("redirect_uri"):
            raise refuse_token("invalid_grant", "Invalid redirect URI")
        if code.challenge is not None:
            check_verifier(form.get("code_verifier", ""), code.challenge)
        elif not confidential:
            raise refuse_token("invalid_client", "Invalid client secret")
        return self._answer(code.grant, self._new_refresh(code.grant))

    def _from_refresh(self, form: dict[str, str], *, confidential: bool) -> Json:
        token = form.get("refresh_token", "")
        grant = self._refresh.get(token)
        if grant is None or grant.since + CONSENT_LASTS <= self._clock.now():
            raise refuse_token("invalid_grant", "Refresh token revoked")
        if confidential:
            return self._answer(grant)
        # Without a secret a refresh token is good for once.
        del self._refresh[token]
        return self._answer(grant, self._new_refresh(grant))

    def _from_client(self, _: dict[str, str], *, confidential: bool) -> Json:
        if not confidential:
            raise refuse_token("invalid_client", "Invalid client secret")
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
