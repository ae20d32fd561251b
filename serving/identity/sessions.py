"""Sessions of the page: a random listener id in a cookie that only this installation can have signed."""

from __future__ import annotations

import hmac
import re
import secrets
import time

from pipelines.store.secret import Secret

COOKIE = "crossfade_session"
CSRF_HEADER = "X-CSRF-Token"
PREFIX = "web:"

#: How long a session lasts, in seconds; a visit after half of it makes it last again.
LIFETIME = 180 * 24 * 3600

_FORM = re.compile(r"1\.([0-9a-f]{32})\.([0-9a-f]{1,12})\.([0-9a-f]{64})")


class Sessions:
    """Makes and reads session cookies; nothing about a session is kept here.

    Args:
        secret: The installation's secret.
    """

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    @staticmethod
    def new_listener() -> str:
        """Return the id of a listener who has never been here: 128 random bits."""
        return f"{PREFIX}{secrets.token_hex(16)}"

    def sign(self, listener_id: str, *, now: float | None = None) -> str:
        """Return the value of the cookie that says who the listener is."""
        issued = int(time.time() if now is None else now)
        content = f"1.{listener_id.removeprefix(PREFIX)}.{issued:x}"
        return f"{content}.{self._secret.mac('sessions', content)}"

    def read(self, value: str, *, now: float | None = None) -> tuple[str, float] | None:
        """Return the listener of a cookie and its age in seconds; None where it is forged, damaged or past its end."""
        found = _FORM.fullmatch(value)
        if found is None:
            return None
        content, _, mac = value.rpartition(".")
        if not hmac.compare_digest(mac, self._secret.mac("sessions", content)):
            return None
        age = (time.time() if now is None else now) - int(found[2], 16)
        return (f"{PREFIX}{found[1]}", age) if age < LIFETIME else None

    def csrf_token(self, listener_id: str) -> str:
        """Return what the page has to send with a write, and no other site can know."""
        return self._secret.mac("csrf", listener_id)

    def is_csrf_token(self, token: str, listener_id: str) -> bool:
        """Tell whether a token is this listener's."""
        return hmac.compare_digest(token.encode(), self.csrf_token(listener_id).encode())


def cookie_header(value: str, *, secure: bool, lasting: int = LIFETIME) -> str:
    """Return the header that sets the cookie: scripts cannot read it, other sites cannot make a browser send it."""
    attributes = f"Path=/; Max-Age={lasting}; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={value}; {attributes}{'; Secure' if secure else ''}"


def session_cookie(header: str) -> str:
    """Return the value of the session's cookie in a Cookie header; empty where there is none."""
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE:
            return value
    return ""
