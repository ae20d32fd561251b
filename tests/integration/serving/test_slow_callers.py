"""Those who send slowly, or not at all: they get an answer, hold nothing for long, and nobody else notices them."""

import socket
import time
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.exports import PLAYS, zip_of
from tests.support.served import serve
from tests.support.uploads import ZIP, bring, left, wait
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration

#: Seconds without headway that the service is told to allow, and bytes a second of somebody who only holds a place.
PATIENCE, TRICKLE = 1.0, 200
#: More than would be open at once by chance.
MANY = 300


@pytest.fixture(scope="module")
def service(champion, tmp_path_factory):
    told = {"CROSSFADE_HOME": str(champion[0].root), "CROSSFADE_UPLOAD_PATIENCE": str(PATIENCE)}
    with serve(tmp_path_factory.mktemp("impatient"), told) as served:
        yield served


def connect(service):
    address = urlsplit(service.url)
    return closing(socket.create_connection((address.hostname, address.port), timeout=30))


def head_of(visitor, length, path="/v1/import?consent=1", **headers):
    """Return the head of a request, as the page would send it."""
    url = urlsplit(str(visitor.http.base_url))
    own = {"Host": url.netloc, "Cookie": f"crossfade_session={visitor.cookie}", "Content-Length": str(length), **ZIP}
    lines = [f"{name}: {value}" for name, value in {**visitor.http.headers, **own, **headers}.items()]
    return "\r\n".join([f"POST {path} HTTP/1.1", *lines, "", ""]).encode()


def answer_of(connection):
    """Return the status and the text of an answer."""
    received = b""
    while b"request_id" not in received and (some := connection.recv(65_536)):
        received += some
    return int(received.split()[1]), received.decode()


def trickled(connection, rest, a_second):
    """Send bytes in small pieces until the service answers, or all of them are sent."""
    connection.settimeout(0.1)
    piece = max(1, a_second // 10)
    for start in range(0, len(rest), piece):
        connection.sendall(rest[start : start + piece])
        try:
            if connection.recv(1, socket.MSG_PEEK):
                break
        except TimeoutError:
            pass
    connection.settimeout(30)
    return answer_of(connection)


def test_who_stops_half_way_is_told_and_leaves_nothing(service, champion, export):
    with visiting(service.url) as visitor, connect(service) as connection:
        connection.sendall(head_of(visitor, len(export)) + export[:-10])
        status, text = answer_of(connection)
        assert (status, "did not come, or came too slowly" in text) == (422, True)
        assert left(champion[0]) == []
        assert wait(visitor, bring(visitor, export))["state"] == "done"


def test_who_goes_half_way_leaves_nothing(service, champion, export):
    with visiting(service.url) as visitor:
        with connect(service) as connection:
            connection.sendall(head_of(visitor, len(export)) + export[:-10])
            until(lambda: left(champion[0]))
            assert bring(visitor, export).status_code == httpx.codes.CONFLICT  # one file of a listener at a time
        until(lambda: not left(champion[0]))
        assert wait(visitor, bring(visitor, export))["state"] == "done"


def test_a_slow_line_is_borne_and_a_trickle_is_not(service, champion, tmp_path):
    long = zip_of(tmp_path / "x.zip", PLAYS * 20).read_bytes()
    with visiting(service.url) as visitor:
        with connect(service) as connection:
            connection.sendall(head_of(visitor, 1 << 20))
            status, text = trickled(connection, bytes(TRICKLE * 30), TRICKLE)
            assert (status, "too slowly" in text) == (422, True)
        with connect(service) as connection:
            connection.sendall(head_of(visitor, len(long)))
            status, text = trickled(connection, long, len(long) // 3)  # three times the patience, and always some
            assert (status, "import_id" in text) == (202, True)
        until(lambda: not left(champion[0]))


def test_connections_that_say_nothing_or_send_their_headers_slowly_keep_nobody_waiting(service):
    with ExitStack() as held:
        for number in range(MANY):
            connection = held.enter_context(connect(service))
            connection.sendall(b"POST /v1/search HTTP/1.1\r\nHost: "[: number % 40])
        for _ in range(5):
            asked = httpx.post(f"{service.url}/v1/recommendations", json={"history": {"t1": 1}}, timeout=5)
            assert asked.status_code == httpx.codes.OK


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
