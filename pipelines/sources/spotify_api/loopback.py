"""The address on this machine that a log-in comes back to: one answer, then it is gone."""

from __future__ import annotations

import hmac
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

from pipelines.errors import AccessError, ConfigError
from pipelines.sources.spotify_api.refusals import Reason

#: The literal address: Spotify refuses the name 'localhost'.
HOST: Final = "127.0.0.1"
PATH: Final = "/callback"
_CONNECTION_SECONDS: Final = 5.0
_LOGIN_PAGE: Final = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Crossfade</title>"
    "<p>Spotify has answered. You can close this page and go back to the terminal."
)


class Loopback:
    """A small server that waits for the browser to come back from Spotify.

    Args:
        port: The port to listen on; 0 for any free one.

    Raises:
        ConfigError: The port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"port {port} of {HOST} is taken",
                where="CROSSFADE_SPOTIFY_REDIRECT_PORT",
                remedy="Choose another one that the app is registered with, or 0 for any free one",
            ) from error

    @property
    def redirect_uri(self) -> str:
        """The address Spotify sends the browser to."""
        return f"http://{HOST}:{self._server.server_port}{PATH}"

    def wait(self, state: str, seconds: float) -> str:
        """Return the address the browser came back with.

        Requests without the right ``state`` are refused and the wait goes on: any page in a browser can make them.

        Raises:
            AccessError: Nobody came back in time.
        """
        self._server.state = state
        end = time.monotonic() + seconds
        while self._server.answer is None and (left := end - time.monotonic()) > 0:
            self._server.timeout = left
            self._server.handle_request()
        if self._server.answer is None:
            raise AccessError(
                f"nobody came back from the log-in page within {seconds:.0f} seconds",
                where="Spotify",
                remedy="Try again, or use --no-browser where the browser runs on another machine",
                reason=Reason.DENIED,
            )
        return f"http://{HOST}:{self._server.server_port}{self._server.answer}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.server_close()


class _Server(HTTPServer):
    # Another program must not be able to share the port.
    allow_reuse_address = False
    state = ""
    answer: str | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a connection that broke."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _CONNECTION_SECONDS

    def do_GET(self) -> None:
        """Take the answer if it is the one that is waited for."""
        parts = urlsplit(self.path)
        given = parse_qs(parts.query).get("state", [""])[0]
        if parts.path != PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif not hmac.compare_digest(given.encode(), self.server.state.encode()):
            self.send_error(HTTPStatus.BAD_REQUEST, "This is not the log-in that is waited for")
        else:
            self.server.answer = self.path
            self._send_page()

    def _send_page(self) -> None:
        page = _LOGIN_PAGE.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the path holds the code."""
