"""One connection of a client: uvicorn's own on httptools, with the bounds on a request that those two leave out.

httptools takes a head of any length, and neither it nor uvicorn minds how long a request takes to arrive: whoever opens
connections and sends a byte a minute (Slowloris) holds them all. Here a request may take twenty seconds, and as many
more as its bytes need at 500 a second: the rule of Apache's mod_reqtimeout. A request that arrives whole, as nearly
every one does, costs no timer.
"""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http import auto
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.problems import IN_OUR_FORM, problem_of, problem_response

_MARK = IN_OUR_FORM.lower().encode()


class Connection(HttpToolsProtocol):
    """Reads requests, hands them to the app and writes its answers, as uvicorn does; but not forever.

    Attributes:
        longest_head: Bytes of a request line and its headers; h11, uvicorn's other reader, has the same bound.
        patience: Seconds a request may take to arrive.
        least_rate: Bytes a second that let it take longer.
    """

    longest_head = 64 * 1024
    patience = 20.0
    least_rate = 500.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._look: asyncio.TimerHandle | None = None
        self._expect()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Begin; who connects and says nothing is waited for as long as for a request."""
        super().connection_made(transport)
        self._look = self.loop.call_later(self.patience, self._look_whether_it_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and with the connection its timer."""
        super().connection_lost(exc)
        if self._look is not None:
            self._look.cancel()

    def on_message_begin(self) -> None:
        """Begin to read a request."""
        super().on_message_begin()
        self._expect()

    def on_headers_complete(self) -> None:
        """Hand the request over; its body may still be on the way."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take note that all of it is here."""
        self._expecting = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Read what has come."""
        went_on = self._expecting
        super().data_received(data)
        if not self._expecting:
            if self.transport.is_closing() or not self._is_answered():
                return
            # Line ends between two requests: they begin none, but uvicorn's own clock for the next one has stopped.
            self._expect()
        # What came behind the end of another request is not counted: how much of it that was is not known.
        self._received += len(data) if went_on else 0
        if self._in_head and self._received > self.longest_head:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._look is None:
            self._look = self.loop.call_later(self.patience, self._look_whether_it_is_late)

    def _expect(self) -> None:
        """Wait for a request from now on, until it is whole."""
        self._expecting = self._in_head = True
        self._began, self._received = self.loop.time(), 0

    def _is_answered(self) -> bool:
        """Tell whether no answer is due; before the first request there is none."""
        return bool(getattr(self.cycle, "response_complete", True))

    def _look_whether_it_is_late(self) -> None:
        """End a request that is late; look again where one may still be."""
        self._look = None
        if not self._expecting or self.transport.is_closing():
            return
        left = self._began + self.patience + self._received / self.least_rate - self.loop.time()
        if self.flow.read_paused:  # it is us who do not read
            left = self.patience
        if left > 0:
            self._look = self.loop.call_later(left, self._look_whether_it_is_late)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Hang up; say why, where a request has begun that no answer is on its way for."""
        begun = self._in_head and self.scope is not None
        if begun and self._is_answered():
            self.transport.write(_answer(status))
        self.transport.close()


def _answer(status: HTTPStatus) -> bytes:
    """Return a whole answer that says what is wrong, in the one form of errors."""
    response = problem_response(status, problem_of(status), os.urandom(16).hex())
    head = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), b"connection: close"]
    head += [name + b": " + value for name, value in response.raw_headers if name != _MARK]
    return b"\r\n".join([*head, b"", bytes(response.body)])


def bound_requests() -> None:
    """Have the servers that this process starts read requests by ``Connection``.

    BentoML makes uvicorn's configuration itself and has no setting for it; this is the name that uvicorn looks up.
    """
    auto.AutoHTTPProtocol = Connection
