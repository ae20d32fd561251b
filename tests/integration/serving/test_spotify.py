"""A playlist goes to the listener's own Spotify account: shown first, saved once and privately, forgotten on demand."""

import httpx
import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.testing.spotify_fake import CLIENT_ID, Consent, SpotifyFake
from pipelines.testing.spotify_login import sent_to
from tests.support import tiny_world
from tests.support.served import serve
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration

BODY = {"name": "Slow  mornings", "track_ids": ["t4", "t1", "t6", "gone"]}


@pytest.fixture(scope="module")
def fake():
    with SpotifyFake(redirect_uris=["http://127.0.0.1/spotify/callback"]) as fake:
        yield fake


@pytest.fixture(scope="module")
def home(tmp_path_factory, fake):
    """A champion two of whose tracks Spotify has."""
    home, first_two = Home(tmp_path_factory.mktemp("home")), list(fake.world.catalogue.tracks)[:2]
    with pytest.MonkeyPatch.context() as patch:
        aliases = {f"spotify:track:{found}": track for found, track in zip(first_two, ("t1", "t4"), strict=True)}
        patch.setattr(tiny_world, "ALIASES", aliases)
        bundle = tiny_world.write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "it knows Spotify's ids")
    return home


@pytest.fixture(scope="module")
def service(home, fake, tmp_path_factory):
    settings = {
        "CROSSFADE_HOME": str(home.root),
        "CROSSFADE_SPOTIFY_CLIENT_ID": CLIENT_ID,
        "CROSSFADE_SPOTIFY_API_URL": fake.api_url,
        "CROSSFADE_SPOTIFY_ACCOUNTS_URL": fake.accounts_url,
    }
    with serve(tmp_path_factory.mktemp("service"), settings) as served:
        yield served


@pytest.fixture
def visitor(service):
    with visiting(service.url) as visitor:
        yield visitor


def save(visitor, confirm):
    answer = visitor.post("playlist/spotify", {**BODY, "confirm": confirm})
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


def go_to_spotify(visitor):
    """Return where Spotify sends the browser back to."""
    there = visitor.http.get("/spotify/login")
    assert there.status_code == httpx.codes.SEE_OTHER
    return sent_to(there.headers["Location"])


def come_back(visitor, address):
    return visitor.http.get(address).headers["Location"]


def playlists(fake, name="Slow mornings"):
    return [each for each in fake.world.playlists.values() if each.name == name]


def test_a_playlist_is_shown_then_saved_once_and_privately_and_all_of_it_can_be_forgotten(visitor, fake, home):
    shown = save(visitor, confirm=False)
    assert (shown["tracks"], shown["left_out"], shown["name"]) == (["t4", "t1"], ["t6", "gone"], "Slow mornings")
    assert (shown["logged_in"], shown["login"], shown["saved"]) == (False, "/spotify/login", None)
    assert save(visitor, confirm=True)["saved"] is None
    assert playlists(fake) == []

    assert come_back(visitor, go_to_spotify(visitor)) == "/?spotify=connected"
    assert (save(visitor, confirm=False)["logged_in"], playlists(fake)) == (True, [])
    first = save(visitor, confirm=True)["saved"]
    (playlist,) = playlists(fake)
    assert (first["tracks"], first["new"], playlist.public) == (2, True, False)
    assert first["address"].startswith("https://open.spotify.com/playlist/")
    ids = list(fake.world.catalogue.tracks)
    assert [entry.uri for entry in playlist.entries] == [f"spotify:track:{ids[1]}", f"spotify:track:{ids[0]}"]
    assert save(visitor, confirm=True)["saved"] == {**first, "new": False}
    assert len(playlists(fake)) == 1

    tokens = list(fake.accounts._access)
    stored = b"".join(path.read_bytes() for path in home.root.glob("events.sqlite3*") if path.is_file())
    assert tokens
    assert not [token for token in tokens if token.encode() in stored]
    assert visitor.post("forget", {"confirm": True}).json()["removed"]["tokens"] == 1
    assert list(home.spotify.glob("*/saved")) == []


def test_an_answer_counts_for_whoever_began_it_and_once(visitor, service):
    address = go_to_spotify(visitor)
    with visiting(service.url) as other:
        assert come_back(other, address) == "/?spotify=refused"
        go_to_spotify(other)
        assert come_back(other, address) == "/?spotify=refused"
        assert not save(other, confirm=False)["logged_in"]
    assert come_back(visitor, address) == "/?spotify=connected"
    assert come_back(visitor, address) == "/?spotify=refused"
    assert httpx.get(address).headers["Location"] == "/?spotify=failed", "nobody is known without a session"


def test_who_says_no_is_not_logged_in(visitor, fake):
    fake.accounts.consent = Consent.REFUSE
    try:
        assert come_back(visitor, go_to_spotify(visitor)) == "/?spotify=refused"
    finally:
        fake.accounts.consent = Consent.GRANT
    assert not save(visitor, confirm=False)["logged_in"]


def test_a_log_in_that_ended_has_to_be_made_again(visitor, fake):
    come_back(visitor, go_to_spotify(visitor))
    fake.accounts.revoke()
    fake.accounts._access.clear()
    again = visitor.post("playlist/spotify", {**BODY, "name": "Ended", "confirm": True}).json()
    assert (again["logged_in"], again["saved"]) == (False, None)
    assert playlists(fake, "Ended") == []


def test_spotify_comes_back_to_the_loopback_by_number_alone(visitor):
    refused = visitor.http.get("/spotify/login", headers={"Host": "localhost:3000"})
    assert refused.headers["Location"] == "/?spotify=failed"


def test_the_code_and_the_tokens_are_in_no_log(service, visitor, fake):
    address = go_to_spotify(visitor)
    come_back(visitor, address)
    log = service.log()
    assert address.partition("code=")[2][:40] not in log
    assert "refresh_token" not in log
