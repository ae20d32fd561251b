"""The whole path as a person walks it: real commands, real spotipy, a browser, and the fake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pipelines.testing.spotify_fake import CLIENT_ID, Consent, SpotifyFake
from pipelines.testing.spotify_login import sent_to

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
BROWSER = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=20).read()"


@pytest.fixture
def crossfade(fake, tmp_path):
    """Return a command run in a process of its own, with a browser that says yes to everything."""
    page = tmp_path / "browser.py"
    page.write_text(BROWSER, encoding="utf-8")
    variables = {
        **os.environ,
        "CROSSFADE_HOME": str(tmp_path / "home"),
        "CROSSFADE_SPOTIFY_CLIENT_ID": CLIENT_ID,
        "CROSSFADE_SPOTIFY_API_URL": fake.api_url,
        "CROSSFADE_SPOTIFY_ACCOUNTS_URL": fake.accounts_url,
        "BROWSER": f"{sys.executable} {page} %s",
    }

    def run(*arguments, status=0):
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli.main", *arguments],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done

    return run


def said(done):
    """Return the one line that says what went wrong."""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("crossfade: ")]
    return line


def test_log_in_look_save_and_log_out(crossfade, fake, tmp_path):
    login = json.loads(crossfade("spotify", "login", "--json").stdout)
    assert login["days_left"] > 175
    assert "playlist-modify-private" not in login["scopes"]

    status = json.loads(crossfade("spotify", "status", "--json").stdout)
    answers = {each["what"]: each["answer"] for each in status["findings"]}
    assert (answers["saved tracks"], answers["audio features"]) == ("yes", "no")

    artist = next(iter(fake.world.catalogue.artists.values())).name
    found = json.loads(crossfade("spotify", "search", f"artist:{artist}", "--json").stdout)
    ids = [track["id"] for track in found]

    preview = crossfade("spotify", "playlist-save", "Monday", *ids, "mbid:1")
    assert found[0]["name"] in preview.stdout
    assert "'mbid:1' is not on Spotify" in preview.stdout
    assert "Nothing was saved; --yes saves it." in preview.stdout
    assert fake.journal.of("POST", "/v1/*") == []

    # The permission to save is asked for now, by the browser; the second time there is nothing left to do.
    first, second = (
        json.loads(crossfade("spotify", "playlist-save", "Monday", *ids, "--yes", "--json").stdout)["saved"]
        for _ in range(2)
    )
    assert (first["new"], second["new"], first["address"]) == (True, False, second["address"])
    (playlist,) = [each for each in fake.world.playlists.values() if each.name == "Monday"]
    assert ([entry.uri[-22:] for entry in playlist.entries], playlist.public) == (ids, False)
    assert max(Counter((entry.path, str(entry.body)) for entry in fake.journal.of("POST", "/v1/*")).values()) == 1

    crossfade("spotify", "logout")
    assert list((tmp_path / "home" / "spotify").iterdir()) == []
    assert "not logged in" in crossfade("spotify", "status", status=1).stdout


def test_without_a_browser_the_address_is_printed_whole_and_the_answer_asked_for(crossfade, fake):
    process = crossfade("spotify", "login", "--no-browser", status=130)
    address = next(line for line in process.stderr.splitlines() if line.startswith(fake.accounts_url))
    assert sent_to(address).startswith("http://127.0.0.1/callback?code=")
    assert "paste its address here" in process.stderr


def test_whoever_says_no_reads_one_line(crossfade, fake):
    fake.accounts.consent = Consent.REFUSE
    line = said(crossfade("spotify", "login", status=1))
    assert line == (
        "crossfade: log-in to Spotify: the permission was not given. Log in again: crossfade spotify login."
    )


def test_a_person_who_is_not_on_the_list_learns_it_at_the_log_in(crossfade, fake):
    fake.faults.add("403-unregistered")
    assert "User Management" in said(crossfade("spotify", "login", status=1))


def test_a_long_wait_is_told_by_every_command_until_it_is_over(crossfade, fake):
    crossfade("spotify", "login")
    fake.faults.add("429", 80_000, times=1)
    assert "must not be asked again before" in said(crossfade("spotify", "search", "love", status=1))
    asked = len(fake.journal)
    assert "not before" in crossfade("spotify", "status", status=1).stdout
    assert "must not be asked again before" in said(crossfade("spotify", "search", "love", status=1))
    assert len(fake.journal) == asked


def test_a_library_is_ingested_and_read_again_without_a_change(crossfade, fake):
    crossfade("spotify", "login", "--listener", "ann")
    command = ("ingest", "spotify-api", "--listener", "ann", "--accept-consent", "--json")
    first, second = (json.loads(crossfade(*command).stdout) for _ in range(2))
    assert first["snapshot_id"] == second["snapshot_id"]
    assert any("audio features" in warning for warning in first["warnings"])


def test_the_fake_is_no_special_case(fake):
    assert isinstance(fake, SpotifyFake)
    product = [ROOT / name for name in ("pipelines/sources", "flows", "serving", "validation")]
    files = [path for folder in product for path in folder.rglob("*.py") if path.name != "spotify_fake.py"]
    assert [path for path in files if "spotify_fake" in path.read_text(encoding="utf-8")] == [
        ROOT / "flows" / "cli" / "main.py"
    ]
