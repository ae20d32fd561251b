"""The product against every fault of the fake: it says what is wrong, and the next run ends as if nothing had been."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace

import pytest

from flows.cli.main import main
from pipelines.data.cleaning import clean
from pipelines.errors import AccessError
from pipelines.home import Home
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.kept import Kept
from pipelines.sources.spotify_api.library import read_library
from pipelines.sources.spotify_api.login import READ_SCOPES, SAVE_PRIVATE_SCOPE
from pipelines.sources.spotify_api.saving import plan_playlist, save_playlist
from pipelines.sources.spotify_api.session import Patience
from pipelines.sources.spotify_api.source import KEPT_FILE, SpotifyApi, SpotifyApiOptions
from pipelines.testing.spotify_fake import CLIENT_ID, KINDS
from pipelines.testing.spotify_login import app_of, log_in

pytestmark = pytest.mark.integration

#: Faults that spoil what an answer holds, not whether there is one.
SPOILING = sorted(name for name, kind in KINDS.items() if kind.spoil)
#: Faults that stop a reading, or one part of it.
STOPPING = sorted(KINDS.keys() - {*SPOILING, "shrinking-page", "slow-body"})


@pytest.fixture
def app(fake, tmp_path):
    """An app somebody has logged in to, with the permission to save."""
    app = app_of(fake, tmp_path / "spotify")
    log_in(app, scopes=[*READ_SCOPES, SAVE_PRIVATE_SCOPE], now=fake.clock.now().timestamp())
    fake.journal.clear()
    return app


@pytest.fixture
def client(fake, app):
    """Return their client on the fake's clock: to sleep is to let the fake's time pass."""

    def make():
        patience = Patience(
            clock=lambda: fake.clock.now().timestamp(),
            sleep=lambda seconds: fake.advance(seconds=seconds),
            random=random.Random(7),
        )
        return SpotifyClient(app, "me", patience)

    return make


@pytest.fixture
def read(fake, app, client):
    """Return a reading by a run of its own, without what it has to say."""

    def run():
        with Kept(app.person_folder("me") / KEPT_FILE, fake.clock.now().timestamp()) as kept:
            return replace(read_library(client(), kept), notes=())

    return run


@pytest.mark.parametrize("after", [0, 6])
@pytest.mark.parametrize("name", STOPPING)
def test_a_run_after_a_disturbed_one_reads_what_an_undisturbed_one_reads(fake, app, read, name, after):
    undisturbed = read()
    with Kept(app.person_folder("me") / KEPT_FILE, 0.0) as kept:
        kept.forget()
    if name == "refresh-expired":
        fake.advance(hours=2)
        after = 0
    fake.faults.add(name, 80_000 if name.startswith("429") else None, after=after, times=0)
    with contextlib.suppress(AccessError):
        read()
    fake.faults.clear()
    fake.advance(seconds=80_001)
    if name == "refresh-expired":
        log_in(app, now=fake.clock.now().timestamp())
    assert read() == undisturbed
    assert {entry.method for entry in fake.journal if entry.path.startswith("/v1/")} == {"GET"}


@pytest.mark.parametrize("name", ["401-expired", "429", "502", "connection-reset", "truncated-body"])
def test_what_passes_is_not_noticed(fake, read, name):
    undisturbed = read()
    for after in (0, 5, 10):
        fake.faults.add(name, after=after)
    assert read() == undisturbed
    assert fake.faults.all() == []


def test_a_slow_answer_is_waited_for(fake, client):
    fake.faults.add("slow-body", 0.2)
    assert client().me()["id"] == "listener"


def test_a_blocked_person_asks_nothing_until_it_is_over(fake, read):
    fake.faults.add("429", 80_000, route="/v1/me/tracks")
    with pytest.raises(AccessError, match="must not be asked again before"):
        read()
    asked = len(fake.journal)
    with pytest.raises(AccessError, match="must not be asked again before"):
        read()
    assert len(fake.journal) == asked
    fake.advance(seconds=80_001)
    assert len(read().saved) == 130
    # What was read before the block is not asked for again.
    assert len(fake.journal.of("GET", "/v1/me/player/recently-played")) == 2


@pytest.mark.parametrize("name", [*SPOILING, "shrinking-page"])
def test_what_comes_out_wrong_is_counted_and_nothing_is_lost(fake, app, name):
    if name != "shrinking-page":
        fake.faults.add(name)
    else:
        fake.faults.add(name, times=2, route="/v1/me/tracks")
    cleaned = clean(SpotifyApi(SpotifyApiOptions(app=app)))
    for table, counts in cleaned.counts.items():
        gone = sum(sum(reasons.values()) for reasons in (counts.left_out, counts.rejected, counts.merged))
        assert counts.read + counts.built == counts.kept + gone, table
    assert cleaned.counts["interactions"].kept > 0
    saved = {saved.uri for saved in fake.world.saved_tracks()}
    if name != "null-items":
        assert saved <= set(cleaned.tables.tracks.data["track_id"].to_pylist())


@pytest.mark.parametrize("fault", ["connection-reset", "truncated-body", "502", "401-expired", "429"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_no_post_is_carried_out_twice(fake, app, client, fault, after):
    wanted = [track.uri for track in list(fake.world.catalogue.tracks.values())[:150]]
    folder = app.person_folder("me")
    with Kept(folder / KEPT_FILE, fake.clock.now().timestamp()) as kept:
        plan = plan_playlist(client(), kept, "Saved", wanted)
    fake.faults.add(fault, 80_000 if fault == "429" else None, method="POST", after=after)
    for _ in range(2):
        try:
            saved = save_playlist(client(), folder / "saved", plan)
            break
        except AccessError:
            fake.advance(seconds=80_001)
    made = [each for each in fake.world.playlists.values() if each.name == "Saved"]
    assert [each.id for each in made] == [saved.playlist_id]
    assert [entry.uri for entry in made[0].entries] == wanted
    assert made[0].public is False
    # Carried out are the POSTs that were answered well, whether or not the answer arrived.
    done = [(entry.path, str(entry.body)) for entry in fake.journal.of("POST", "/v1/*") if entry.status < 300]
    assert len(done) == len(set(done)) == 3


@pytest.fixture
def command(fake, tmp_path, monkeypatch, capsys):
    """Return a command of the person who has logged in: exit status, standard output and standard error."""
    home = tmp_path / "home"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_HOME", str(home))
    monkeypatch.setenv("CROSSFADE_SPOTIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("CROSSFADE_SPOTIFY_API_URL", fake.api_url)
    monkeypatch.setenv("CROSSFADE_SPOTIFY_ACCOUNTS_URL", fake.accounts_url)
    log_in(app_of(fake, Home(home).spotify))

    def run(*arguments):
        status = main(arguments)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("403-premium", "Renew Premium on the account that registered the app"),
        ("403-unregistered", "developer.spotify.com/dashboard"),
        ("403-scope", "does not include the permission for 'search'"),
        ("403-forbidden", "refused 'search' (status 403)"),
        ("404", "there is no 'search'"),
        ("429", "must not be asked again before"),
        ("429-quota", "the quota of the developer account is used up"),
        ("401-expired", "Log in again: crossfade spotify login"),
        # These are tried again, later each time.
        pytest.param("502", "a problem of its own (status 502)", marks=pytest.mark.slow),
        pytest.param("connection-reset", "Check the network", marks=pytest.mark.slow),
        pytest.param("truncated-body", "damaged or cut short", marks=pytest.mark.slow),
    ],
)
def test_each_refusal_is_one_line_with_its_own_remedy(fake, command, fault, words):
    fake.faults.add(fault, 80_000 if fault == "429" else None, times=0)
    status, out, err = command("spotify", "search", "the")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert words in err


def test_a_login_that_ended_is_forgotten_and_the_next_command_says_to_log_in(fake, command, tmp_path):
    from pipelines.sources.spotify_api.tokens import LoginFile

    file = LoginFile(app_of(fake, Home(tmp_path / "home").spotify), "me")
    known = file.load()
    assert known is not None
    file.save(replace(known, expires_at=0.0))
    fake.faults.add("refresh-expired")
    assert "Log in again: crossfade spotify login" in command("spotify", "search", "the")[2]
    assert file.load() is None
    assert "Log in first: crossfade spotify login" in command("spotify", "search", "the")[2]
