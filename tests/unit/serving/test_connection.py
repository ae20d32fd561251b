"""Requests that arrive in pieces, slowly, or too large, over a real socket."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http import auto

from serving import connection
from serving.connection import Connection, bound_requests


class Hasty(Connection):
    """The same, which waits less."""

    longest_head = 2_000
    patience = 0.3
    least_rate = 10_000.0


async def tell_length(_: Scope, receive: Receive, send: Send) -> None:
    """Read a request's body and answer how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        length, more = length + len(message["body"]), message["more_body"]
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served(by: type[Connection]) -> Iterator[int]:
    """Run the app on a port of its own; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(tell_length, http=by, lifespan="off", log_config=None, server_header=False)
        server = uvicorn.Server(config)
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        running.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            running.join()


@pytest.fixture(scope="module")
def hasty() -> Iterator[int]:
    with served(Hasty) as port:
        yield port


def say(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    """Send parts with a pause after each, then return the answer, or nothing where the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            try:
                client.sendall(part)
            except OSError:
                break  # the server has hung up
            time.sleep(pause)
        return listen(client)


def listen(client: socket.socket) -> bytes:
    """Return one whole answer, or what came before the server hung up."""
    heard = b""
    while not is_whole(heard):
        try:
            more = client.recv(65_536)
        except ConnectionResetError:
            return heard
        if not more:
            return heard
        heard += more
    return heard


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer has the body that its head speaks of."""
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def test_a_request_in_one_piece_is_answered(hasty):
    assert say(hasty, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").endswith(b"\r\n\r\n5")


@given(cuts=st.lists(st.integers(1, 58), max_size=4))
@settings(max_examples=25, deadline=None)
def test_pieces_make_no_difference(hasty, cuts):
    whole = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    places = [0, *sorted(cuts), len(whole)]
    parts = [whole[start:end] for start, end in pairwise(places)]
    assert say(hasty, *parts).endswith(b"\r\n\r\n5")


def test_a_head_that_trickles_is_refused(hasty):
    answer = say(hasty, b"POST / HTTP/1.1\r\n", *[b"X: y\r\n"] * 8, pause=0.1)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\nconnection: close")
    assert json.loads(body)["error"]["what"] == "the request took too long to arrive"


def test_a_body_that_trickles_is_cut_off(hasty):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"
    assert say(hasty, head, *[b"x"] * 8, pause=0.1) == b""


def test_a_connection_that_says_nothing_is_closed(hasty):
    assert say(hasty) == b""


def test_a_long_body_has_the_time_that_its_bytes_need(hasty):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 15000\r\n\r\n"
    answer = say(hasty, head, *[b"x" * 2_500] * 6, pause=0.1)  # 0.6 s, twice as long as any request may take
    assert answer.endswith(b"\r\n\r\n15000")


def test_a_head_without_an_end_is_refused_before_it_is_all_read(hasty):
    endless = [b"X: " + b"y" * 997] * 4
    answer = say(hasty, b"POST / HTTP/1.1\r\n", *endless, pause=0.02)
    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large")
    assert b"x-crossfade-problem" not in answer.lower()


def test_the_next_request_of_a_connection_has_its_own_time(hasty):
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    with socket.create_connection(("127.0.0.1", hasty), timeout=10) as client:
        for _ in range(4):  # longer together than one request may take
            client.sendall(request)
            assert listen(client).endswith(b"\r\n\r\n5")
            time.sleep(0.15)


def test_a_second_request_that_trickles_is_refused_too(hasty):
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    with socket.create_connection(("127.0.0.1", hasty), timeout=10) as client:
        client.sendall(request)
        assert listen(client).endswith(b"\r\n\r\n5")
        client.sendall(request[:20])
        assert listen(client).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("after", [b"", b"\r\n"], ids=["at once", "behind a line end"])
def test_line_ends_between_requests_do_not_hold_a_connection(hasty, after):
    request = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    with socket.create_connection(("127.0.0.1", hasty), timeout=10) as client:
        client.sendall(request)
        assert listen(client).endswith(b"\r\n\r\n5")
        client.sendall(b"\r\n")  # it begins no request, and ends the wait for one
        client.sendall(after + request)
        assert listen(client).endswith(b"\r\n\r\n5")
        client.sendall(b"\r\n")
        began = time.monotonic()
        while client.recv(65_536):
            assert time.monotonic() - began < 5


def test_servers_of_this_process_read_requests_so(monkeypatch):
    monkeypatch.setattr(auto, "AutoHTTPProtocol", auto.AutoHTTPProtocol)
    bound_requests()
    config = uvicorn.Config(tell_length, log_config=None)
    config.load()
    assert config.http_protocol_class is connection.Connection
