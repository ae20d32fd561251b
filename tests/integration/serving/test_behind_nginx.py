"""The service behind the proxy of compose: two real replicas on one store, and Debian's nginx with the file of compose.

The tests stand in the order of a replica's life: it starts without a model, gets one, and is killed.
"""

import os
import shutil
import signal
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support import proxies
from tests.support.served import PATIENCE, serve
from tests.support.visitors import visiting

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LIST = "/v1/recommendations"


@pytest.fixture(scope="module")
def young(champion, service, tmp_path_factory):
    """A second replica on the same store, whose home folder has no model yet."""
    first, bundle = champion
    home = Home(tmp_path_factory.mktemp("young"))
    shutil.copytree(bundle.path, home.bundles / bundle.bundle_id)
    shutil.copy(first.secret_key, home.secret_key)
    told = {"CROSSFADE_HOME": str(home.root), "CROSSFADE_STORE_URL": f"sqlite:///{first.events}"}
    with serve(tmp_path_factory.mktemp("second"), told) as served:
        yield served, home


@pytest.fixture(scope="module")
def grown(young, champion):
    """The same replica with the model."""
    served, home = young
    set_champion(home, champion[1].bundle_id, "as on the first replica")
    deadline = time.monotonic() + PATIENCE
    while httpx.get(f"{served.url}/readyz").status_code != httpx.codes.OK:
        assert time.monotonic() < deadline, served.log()
        time.sleep(0.2)
    return served


@pytest.fixture
def proxy(service, young, tmp_path):
    """nginx before both."""
    if proxies.program() is None:
        assert os.environ.get("CI") != "true", "CI has to test with nginx: infra/scripts/infra_tools.sh"
        pytest.skip("there is no nginx here; 'make test' installs it on Debian as root")
    with proxies.proxying(tmp_path, [service.url, young[0].url]) as proxy:
        yield proxy


def address(served):
    return urlsplit(served.url).netloc


def ask(proxy):
    return httpx.post(f"{proxy.url}{LIST}", json={"history": {"t1": 1.0}, "k": 3}, timeout=30)


def test_a_replica_that_is_not_ready_answers_nobody(proxy, service, young):
    assert httpx.get(f"{young[0].url}/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert {ask(proxy).status_code for _ in range(6)} == {httpx.codes.OK}
    assert set(proxy.answered_by(LIST)) == {address(service)}


def test_ready_replicas_take_turns(proxy, service, grown):
    for _ in range(10):
        assert ask(proxy).status_code == httpx.codes.OK
    # nginx has two processes, each with turns of its own.
    counts = proxy.answered_by(LIST)
    assert set(counts) == {address(service), address(grown)}
    assert min(counts.values()) >= 4


def test_a_visitor_is_the_same_listener_on_both(proxy, grown):
    with visiting(proxy.url) as visitor:
        for track in ("t1", "t2"):
            visitor.tell("like", track)
        for _ in range(4):
            assert not {"t1", "t2"} & set(visitor.tracks())


def test_the_pages_origin_is_that_of_the_proxy(proxy, grown):
    with visiting(proxy.url) as visitor:
        body = {"event_id": "behind-a-proxy-1", "kind": "like", "track_id": "t1"}
        for origin, status in ((proxy.url, 200), ("http://127.0.0.1", 403), ("https://evil.example", 403)):
            assert visitor.http.post("/v1/feedback", json=body, headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize(("outer", "secure"), [({}, False), ({"X-Forwarded-Proto": "https"}, True)])
def test_cookies_are_secure_where_a_proxy_before_this_one_ends_tls(proxy, grown, outer, secure):
    answer = httpx.post(f"{proxy.url}/v1/session", json={}, headers=outer)
    assert ("Secure" in answer.headers["set-cookie"]) == secure


def test_figures_are_not_for_everybody(proxy):
    assert httpx.get(f"{proxy.url}/metrics").status_code == httpx.codes.NOT_FOUND


def test_large_files_are_passed_on_and_large_bodies_are_not(proxy):
    large = b"x" * 5_000_000
    assert httpx.post(f"{proxy.url}{LIST}", content=large).status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    upload = httpx.post(f"{proxy.url}/v1/import", content=large, headers={"Content-Type": "application/zip"})
    assert upload.status_code == httpx.codes.UNAUTHORIZED  # the service's own answer: nobody is known


def test_logs_hold_no_query(proxy):
    httpx.get(f"{proxy.url}/docs?user_id=somebody")
    assert "/docs" in proxy.log_path.read_text(encoding="utf-8")
    assert "somebody" not in proxy.log_path.read_text(encoding="utf-8")


def test_no_call_is_lost_when_a_replica_is_killed(proxy, service, grown):
    statuses: list[int] = []
    enough = threading.Event()

    def calling():
        while not enough.is_set():
            statuses.append(ask(proxy).status_code)

    callers = [threading.Thread(target=calling) for _ in range(4)]
    for caller in callers:
        caller.start()
    while len(statuses) < 20:
        time.sleep(0.01)
    assert address(grown) in proxy.answered_by(LIST)
    os.killpg(grown.process.pid, signal.SIGKILL)
    before = len(statuses)
    while len(statuses) < before + 60:
        time.sleep(0.01)
    enough.set()
    for caller in callers:
        caller.join()
    assert set(statuses) == {httpx.codes.OK}


def test_where_nobody_is_left_the_proxy_says_so_in_the_services_own_form(grown, tmp_path):
    with proxies.proxying(tmp_path, ["http://127.0.0.1:1"]) as proxy:
        answer = ask(proxy)
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "5"
    assert set(answer.json()) == {"error", "request_id"}
    assert set(answer.json()["error"]) == {"what", "remedy"}
