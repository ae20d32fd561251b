"""``crossfade spotify-fake`` as a person uses it: in one shell the fake, in another the commands it says to use."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from flows.cli.main import main
from pipelines.testing.spotify_fake import KINDS, Consent, Profile

pytestmark = pytest.mark.integration

CROSSFADE = [sys.executable, "-m", "flows.cli.main"]
PATIENCE = 240
#: A browser that agrees: the fake's listener is set to, so following the address is all.
BROWSER = shlex.join([sys.executable, "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1]).read()"]) + " %s"


@pytest.fixture
def started(tmp_path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A running fake and the environment it says to use."""
    arguments = ["spotify-fake", "--port", "0", "--consent", "grant", "--fault", "404,route=/v1/artists/*,times=0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "CROSSFADE_HOME": str(tmp_path / "home")}
    process = subprocess.Popen([*CROSSFADE, *arguments], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout
        settings = {}
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                settings[name] = value
            if line.startswith("Ctrl-C"):
                break
        yield process, environment | settings | {"BROWSER": BROWSER}
    finally:
        process.kill()
        process.communicate()


def crossfade(environment, *arguments):
    done = subprocess.run(
        [*CROSSFADE, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_what_it_prints_is_all_one_needs_to_log_in(started):
    process, environment = started
    login = crossfade(environment, "spotify", "login")
    assert login.returncode == 0, login.stderr
    status = json.loads(crossfade(environment, "spotify", "status", "--json").stdout)
    answers = {finding["what"]: finding["answer"] for finding in status["findings"]}
    assert (answers["saved tracks"], answers["audio features"], answers["one artist"]) == ("yes", "no", "no")
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "200  GET    /v1/me/tracks" in printed
    assert "fault: 404" in printed


def test_requests_are_printed_as_they_come(started):
    process, environment = started
    requests.get(f"{environment['CROSSFADE_SPOTIFY_API_URL']}/me?x=1", timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    line = ""
    while "/v1/me" not in line and time.monotonic() < deadline:
        line = process.stdout.readline()
    assert line.split()[1:] == ["401", "GET", "/v1/me?x=1"]


def test_the_choices_of_the_command_are_those_of_the_fake(capsys):
    assert main(["spotify-fake", "--help"]) == 0
    said = capsys.readouterr().out
    assert "|".join(Profile) in said
    assert "|".join(sorted(Consent)) in said


def test_every_fault_is_listed(capsys):
    assert main(["spotify-fake", "--list-faults", "--json"]) == 0
    assert json.loads(capsys.readouterr().out).keys() == KINDS.keys()
    assert main(["spotify-fake", "--list-faults"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in KINDS if name not in shown] == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fault", "no-such"], "crossfade: spotify-fake: there is no fault 'no-such'. The faults are: 401-expired, "),
        (["--fault", "502,often=2"], "crossfade: --fault 502,often=2: cannot be read. Write NAME[=NUMBER]"),
        (["--profile", "premium"], "crossfade: Invalid value for '--profile'"),
        (["--port", "70000"], "crossfade: Invalid value for '--port'"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(arguments, complaint, capsys):
    assert main(["spotify-fake", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith(complaint)
    assert said.count("\n") == 1


def test_a_port_that_is_taken_is_said_in_one_line(fake, capsys):
    port = fake.accounts_url.rpartition(":")[2]
    assert main(["spotify-fake", "--port", port]) == 1
    assert f"the port {port} cannot be used" in capsys.readouterr().err
