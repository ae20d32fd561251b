"""HTTP on the loopback: requests become values, answers travel whole, slowly, in part or not at all."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.testing.spotify_fake.faults import Delivery, Fault
from pipelines.testing.spotify_fake.messages import Reply, Request

Answer: TypeAlias = Callable[[Request], tuple[Reply, Sequence[Fault]]]

_LARGEST_BODY: Final = 1_000_000
_LOOPBACK: Final = "127.0.0.1"
#: Close with a reset at once: no lingering for what was not sent.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Server(ThreadingHTTPServer):
    """Answers on a thread per connection, and can end the connections that clients keep alive.

    Args:
        port: The port on the loopback; 0 for any that is free.
        answer: Gives the reply to a request and the faults that struck it.

    Attributes:
        stopping: Set when the server stops; ends every pause.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, answer: Answer) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__((_LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{_LOOPBACK}:{self.server_address[1]}"

    def stop(self) -> None:
        """Stop answering and end every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a connection."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client that has gone away go in silence."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection and sends the answers."""

    protocol_version = "HTTP/1.1"
    server_version = "SpotifyFake"
    disable_nagle_algorithm = True
    # Head and body leave together.
    wbufsize = -1
    server: Server

    def _answer(self) -> None:
        reply, struck = self.server.answer(self._request())
        by = next((fault for fault in struck if fault.kind.delivery is not Delivery.WHOLE), None)
        if by and by.kind.delivery is Delivery.RESET:
            self._reset()
        else:
            self._send(reply, by)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Print nothing; the journal knows."""

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length") or ""
        return Request(
            method=self.command,
            path=unquote(parts.path).rstrip("/"),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(min(int(length), _LARGEST_BODY)) if length.isdecimal() else b"",
        )

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        content, content_type = reply.content()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if content_type:
            self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        half = len(content) // 2 if fault else len(content)
        self.wfile.write(content[:half])
        if fault and fault.kind.delivery is Delivery.TRUNCATED:
            self.close_connection = True
            return
        if fault:
            self.wfile.flush()
            self.server.stopping.wait(fault.value)
        self.wfile.write(content[half:])

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.close_connection = True
        socket.close(self.connection.detach())
