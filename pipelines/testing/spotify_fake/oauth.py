"""The parts of OAuth that need no memory: scopes, redirect addresses, credentials, the proof of PKCE, the page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from pipelines.testing.spotify_fake.messages import RefusedError, Reply

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
_LOOPBACK: Final = ("127.0.0.1", "::1")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def oauth_refusal(error: str, description: str) -> Reply:
    """Return an error as the accounts service words it."""
    return Reply(400, {"error": error, "error_description": description})


def refuse_token(error: str, description: str) -> RefusedError:
    """Return the exception that ends a request for a token with such an error."""
    return RefusedError(oauth_refusal(error, description))


def is_safe(address: str) -> bool:
    """Say whether codes may be sent to an address: https, or the literal loopback (``localhost`` is refused)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def without_port(address: str) -> str:
    """Return a loopback address without its port, another one as it is."""
    parts = urlsplit(address)
    return parts._replace(netloc=str(parts.hostname)).geturl() if parts.hostname in _LOOPBACK else address


def basic_credentials(header: str) -> str:
    """Return ``id:secret`` of an Authorization header; nothing where it holds none."""
    kind, _, text = header.partition(" ")
    try:
        return base64.b64decode(text, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def check_verifier(verifier: str, challenge: str) -> None:
    """Check that who brings a code is who asked for it: the challenge is the SHA-256 of the verifier.

    Raises:
        RefusedError: It is not, or the verifier cannot be one.
    """
    if not _VERIFIER.fullmatch(verifier):
        raise refuse_token("invalid_request", "code_verifier must be 43 to 128 unreserved characters")
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if digest != challenge:
        raise refuse_token("invalid_grant", "code_verifier was incorrect")


def page(query: Mapping[str, str], scopes: Iterable[str], decisions: Mapping[str, str]) -> Reply:
    """Return the page on which a person decides.

    Args:
        query: The parameters of the request; each link repeats them.
        scopes: What the app asks for.
        decisions: What can be decided, with the words of the link.
    """
    wanted = "".join(f"<li>{html.escape(scope)}</li>" for scope in sorted(scopes)) or "<li>nothing in particular</li>"
    links = "".join(
        f'<p><a href="/authorize?{html.escape(urlencode({**query, "decision": decision}))}">{words}</a></p>'
        for decision, words in decisions.items()
    )
    text = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Log in to the fake</title>'
        f"<h1>An app asks for access</h1><p>This is a fake. The app asks for:</p><ul>{wanted}</ul>{links}</html>"
    )
    return Reply(200, text, content_type="text/html; charset=utf-8")
