"""Logging in: only the answer that is waited for counts, and what it gives is kept as a secret is."""

from __future__ import annotations

import json
import logging
import stat
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from pipelines.errors import AccessError, ConfigError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.login import READ_SCOPES, begin_login, finish_login, resume_login
from pipelines.sources.spotify_api.loopback import Loopback
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.sources.spotify_api.session import SpotifySession
from pipelines.sources.spotify_api.tokens import Login, LoginFile
from pipelines.testing.spotify_fake import Consent, SpotifyFake
from pipelines.testing.spotify_fake.messages import Reply
from pipelines.testing.spotify_login import REDIRECT_URI, app_of, log_in, sent_to

DAY = 86_400.0


@pytest.fixture
def pending(app):
    return begin_login(app, SpotifySession(app), READ_SCOPES, REDIRECT_URI)


def finish(app, pending, answer, now=0.0):
    return finish_login(pending, answer, app=app, listener="me", now=now)


def visit(address):
    """Return what a browser is answered."""
    try:
        with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - our own loopback
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def test_the_answer_of_spotify_becomes_a_log_in(app, pending):
    login = finish(app, pending, sent_to(pending.address), now=1_000.0)
    assert (login.expires_at, login.authorised_at, login.scopes) == (4_600.0, 1_000.0, frozenset(READ_SCOPES))


def test_another_process_finishes_what_one_began_with_the_verifier_and_not_without_it(app, pending):
    answer = sent_to(pending.address)
    parts = {"state": pending.state, "redirect_uri": REDIRECT_URI}
    stranger = resume_login(app, SpotifySession(app), verifier="a" * 64, **parts)
    with pytest.raises(AccessError):
        finish(app, stranger, answer)
    answer = sent_to(pending.address)
    other = resume_login(app, SpotifySession(app), verifier=pending.verifier, **parts)
    assert finish(app, other, answer).scopes == frozenset(READ_SCOPES)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("http://127.0.0.1/callback?code=x&state=other", "does not belong to this log-in"),
        ("http://127.0.0.1/callback?code=x", "does not belong to this log-in"),
        ("", "does not belong to this log-in"),
        ("http://127.0.0.1/callback?error=access_denied&state=STATE", "the permission was not given"),
        ("http://127.0.0.1/callback?error=server_error&state=STATE", "Spotify says 'server_error'"),
        ("http://127.0.0.1/callback?state=STATE", "no code came back"),
        ("http://127.0.0.1/callback?code=wrong&state=STATE", "Spotify does not take the code"),
    ],
)
def test_any_other_answer_is_refused(app, pending, answer, words):
    with pytest.raises(AccessError, match=words) as caught:
        finish(app, pending, answer.replace("STATE", pending.state))
    assert caught.value.reason == Reason.DENIED


def test_a_code_is_taken_once(app, pending):
    answer = sent_to(pending.address)
    finish(app, pending, answer)
    with pytest.raises(AccessError, match="can be used once"):
        finish(app, pending, answer)


def test_who_says_no_is_not_logged_in(tmp_path):
    with SpotifyFake(consent=Consent.REFUSE) as fake, pytest.raises(AccessError, match="permission was not given"):
        log_in(app_of(fake, tmp_path))


def test_the_loopback_waits_for_its_own_answer_only():
    with Loopback() as loopback:
        found = []
        waiting = threading.Thread(target=lambda: found.append(loopback.wait("right", 10)))
        waiting.start()
        assert visit(f"{loopback.redirect_uri}?code=evil&state=wrong")[0] == 400
        assert visit(f"{loopback.redirect_uri}?code=evil")[0] == 400
        assert visit(loopback.redirect_uri.replace("/callback", "/favicon.ico"))[0] == 404
        status, page = visit(f"{loopback.redirect_uri}?code=good<script>&state=right")
        waiting.join()
    assert (status, "good" in page) == (200, False)
    assert found == [f"{loopback.redirect_uri}?code=good<script>&state=right"]


def test_the_loopback_does_not_wait_for_ever():
    with Loopback() as loopback, pytest.raises(AccessError, match="nobody came back"):
        loopback.wait("state", 0.05)


def test_a_port_that_is_taken_is_named():
    with Loopback() as first:
        port = int(first.redirect_uri.rsplit(":", 1)[1].partition("/")[0])
        with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 is taken"):
            Loopback(port)


def test_only_its_owner_can_read_a_log_in(app):
    folder = app.person_folder("me")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "login.json").stat().st_mode) == 0o600


def test_people_with_names_alike_have_log_ins_of_their_own(app):
    assert len({app.person_folder(name) for name in ("ann", "Ann", "ann ", "ann.", "a nn")}) == 4
    assert app.person_folder("ann").parent == app.folder


def test_nothing_prints_or_logs_a_token(app, caplog):
    with caplog.at_level(logging.DEBUG):
        login = log_in(app)
        SpotifyClient(app, "me").me()
    kept = json.loads((app.person_folder("me") / "login.json").read_text(encoding="utf-8"))
    for secret in (kept["access_token"], kept["refresh_token"]):
        assert secret not in repr(login) + str(login) + caplog.text


def test_a_token_is_renewed_before_it_ends_and_the_new_refresh_token_is_kept(app, client, fake, time):
    first = client.login()
    time.now += 3_590
    client.me()
    second = client.login()
    assert second.refresh_token != first.refresh_token
    assert second.authorised_at == first.authorised_at
    time.now += 3_590
    client.me()
    assert len(fake.journal.of("POST", "/api/token")) == 2


def test_who_comes_second_finds_the_token_renewed(app, client, fake, time):
    stale = client.login()
    time.now += 3_590
    client.me()
    assert client._tokens.renew(stale).access_token == client.login().access_token
    assert len(fake.journal.of("POST", "/api/token")) == 1


def test_a_log_in_that_has_ended_is_forgotten_and_the_remedy_names_the_person(app, fake, time):
    log_in(app, "ann", now=time.now)
    fake.faults.add("refresh-expired")
    time.now += 3_590
    client = SpotifyClient(app, "ann", time.patience())
    with pytest.raises(AccessError, match=r'crossfade spotify login --listener "ann"') as caught:
        client.me()
    assert caught.value.reason == Reason.LOGIN_ENDED
    assert LoginFile(app, "ann").load() is None
    fake.faults.clear()
    log_in(app, "ann", now=time.now)
    assert client.me()["type"] == "user"


def test_a_server_that_fails_does_not_end_a_log_in(app, client, fake, time):
    fake.faults.add("502", route="/api/token")
    time.now += 3_590
    with pytest.raises(AccessError, match="problem of its own"):
        client.me()
    assert client.me()["type"] == "user"


@pytest.mark.parametrize("answer", [{}, [], None, {"access_token": "a"}, {"access_token": "a", "expires_in": "soon"}])
def test_an_answer_that_is_no_token_is_one_clear_error_and_keeps_the_log_in(
    app, fake, client, time, answer, monkeypatch
):
    monkeypatch.setattr(fake.accounts, "token", lambda request: Reply(200, answer))
    time.now += 3_590
    with pytest.raises(AccessError, match="not what it should be"):
        client.me()
    monkeypatch.undo()
    assert client.me()["type"] == "user"


def test_a_log_in_to_another_app_is_not_used(app):
    with pytest.raises(AccessError, match="given to another app"):
        SpotifyClient(app.model_copy(update={"client_id": "another"}), "me").me()


def test_without_an_app_the_error_says_where_to_register_one(tmp_path):
    with pytest.raises(ConfigError, match=r"CROSSFADE_SPOTIFY_CLIENT_ID: no Spotify app .*developer\.spotify\.com"):
        SpotifyClient(SpotifyApp(folder=tmp_path), "me")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"access_token": 1}', "\0"])
def test_a_damaged_log_in_is_one_clear_error(app, client, content):
    (app.person_folder("me") / "login.json").write_text(content, encoding="utf-8")
    with pytest.raises(AccessError, match=r"the log-in cannot be read\. Log in again"):
        client.me()


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        (datetime(2026, 1, 15, 9, tzinfo=UTC), datetime(2026, 7, 15, 9, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)),
        (datetime(2027, 8, 31, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC)),
    ],
)
def test_a_log_in_ends_after_six_months(given, ends):
    login = Login("a", "r", 0.0, "", given.timestamp(), "app", "me")
    assert login.ends_at == ends
    assert login.days_left(ends.timestamp() - 3 * DAY) == 3
    assert login.days_left(ends.timestamp() + 1) == -1
