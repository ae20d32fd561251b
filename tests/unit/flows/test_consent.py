"""The commands about consent, and what flows make of it; Last.fm scrobbles stand for any person's own data."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from flows.cli.main import main
from flows.consent import may_still_be_used, permissions_of, person_of, with_consent
from flows.settings import Settings
from pipelines.data import consent_text as texts
from pipelines.data.consent import ConsentLedger
from pipelines.data.permissions import Permissions
from pipelines.errors import NotPermittedError
from pipelines.home import Home

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    for name in ("CROSSFADE_DEBUG", "CROSSFADE_SETTINGS", "CROSSFADE_TRAIN_ON_SPOTIFY_API"):
        monkeypatch.delenv(name, raising=False)
    return Home(tmp_path / "home")


@pytest.fixture
def ledger(home):
    return ConsentLedger(home.consents)


@pytest.fixture
def newer_words(tmp_path, monkeypatch):
    """A second version of the text for own data."""

    def publish():
        folder = tmp_path / "texts"
        folder.mkdir()
        (folder / "own-data.1.txt").write_text(texts.text_version("own-data", 1).words, encoding="utf-8")
        (folder / "own-data.2.txt").write_text("Other words.\n", encoding="utf-8")
        monkeypatch.setattr(texts, "_FOLDER", folder)

    return publish


def shown(capsys):
    return json.loads(capsys.readouterr().out)


def test_granting_records_who_agreed_to_which_words_and_when(home, ledger, capsys):
    assert main(["consent", "grant", "ada", "lastfm", "--accept-consent"]) == 0
    (consent,) = ledger.standing()
    text = texts.consent_text("lastfm")
    assert (consent.person, consent.source) == ("person:ada", "lastfm")
    assert (consent.text_version, consent.text_sha256) == (text.version, text.sha256)
    assert capsys.readouterr().out == (
        f"Consent {consent.consent_id} of 'ada' for lastfm stands since {consent.granted_at}.\n"
    )


def test_agreeing_to_some_uses_only(home, ledger):
    assert main(["consent", "grant", "ada", "lastfm", "--use", "seed", "--accept-consent"]) == 0
    (consent,) = ledger.standing()
    assert sorted(consent.uses) == ["display", "seed"]


def test_without_a_terminal_nobody_is_asked_and_nothing_is_recorded(home, capsys):
    assert main(["consent", "grant", "ada", "lastfm"]) == 2
    assert capsys.readouterr().err == (
        "crossfade: source 'lastfm': 'ada' has not agreed to its words, version 1, and nobody is here to ask. "
        "Read 'crossfade consent show lastfm', then add --accept-consent.\n"
    )
    assert not home.root.exists()


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1)])
def test_on_a_terminal_the_words_are_shown_and_the_answer_counts(home, ledger, answer, status):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "flows.cli.main", "consent", "grant", "ada", "lastfm"]
    with subprocess.Popen(
        command, stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL, env=os.environ, cwd=os.environ["PWD"]
    ) as asking:
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 4096)
        os.write(ours, answer.encode())
        assert asking.wait() == status
    os.close(ours)
    assert b"Your own listening data" in said
    assert b"Does ada agree?" in said
    assert len(ledger.standing()) == 1 - status


def test_show_prints_the_words_of_a_source(home, capsys):
    assert main(["consent", "show", "lastfm"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Text 'own-data', version 1\n")
    assert texts.consent_text("lastfm").words.rstrip() in out


def test_show_prints_a_consent_with_the_words_it_was_given_to(home, ledger, newer_words, capsys):
    text = texts.consent_text("lastfm")
    consent = ledger.grant("person:ada", "lastfm", text, now=NOW)
    newer_words()
    assert main(["consent", "show", consent.consent_id, "--json"]) == 0
    found = shown(capsys)
    assert found["text"]["words"] == text.words
    assert found["consent"]["granted_at"] == "2026-03-01T00:00:00+00:00"
    assert [event["action"] for event in found["events"]] == ["grant"]


def test_list_tells_what_stands_from_what_was_withdrawn(home, ledger, capsys):
    ledger.grant("person:ada", "lastfm", texts.consent_text("lastfm"), now=NOW)
    ledger.grant("person:ben", "lastfm", texts.consent_text("lastfm"), now=NOW)
    assert main(["consent", "withdraw", "ben", "--all"]) == 0
    capsys.readouterr()
    assert main(["consent", "list", "--json"]) == 0
    assert [(each["person"], each["active"]) for each in shown(capsys)] == [("person:ada", True), ("person:ben", False)]
    assert main(["consent", "list"]) == 0
    assert "2026-03-01 00:00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["withdraw", "ada"], 2, "Invalid value: name a source, or give --all."),
        (["withdraw", "ada", "lastfm", "--all"], 2, "Invalid value: name a source, or give --all."),
        (["withdraw", "ada", "lastfm"], 1, "consents: 'ada' has given no consent for lastfm that could be withdrawn."),
        (["show", "files"], 2, "consent: 'files' is no source of one person's own data. These are:"),
        (["grant", "ada", "tape"], 2, "consent: 'tape' is no source of one person's own data."),
        (["grant", "a/b", "lastfm"], 2, "--listener: 'a/b' cannot be the name of a listener."),
        (["grant", "ada", "lastfm", "--use", "eat"], 2, "Invalid value for --use: 'eat' is none of display, seed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_one_line(home, arguments, status, complaint, capsys):
    assert main(["consent", *arguments]) == status
    said = capsys.readouterr()
    assert said.err.startswith(f"crossfade: {complaint}")
    assert said.err.count("\n") == 1


def test_reading_a_persons_data_asks_before_anything_starts(home, tmp_path, capsys):
    (tmp_path / "scrobbles.csv").write_text("artist,track,uts\nA,T,1577836800\n", encoding="utf-8")
    assert main(["ingest", "lastfm", "scrobbles.csv", "--listener", "ada"]) == 2
    assert "'ada' has not agreed to its words" in capsys.readouterr().err
    assert not home.root.exists()


def test_what_to_read_can_be_named_once_only(home, tmp_path, capsys):
    (tmp_path / "a.csv").write_text("user_id,track_id\nu,t\n", encoding="utf-8")
    assert main(["ingest", "files", "a.csv", "--interactions", "a.csv"]) == 2
    assert "what to read is named twice" in capsys.readouterr().err


def test_the_consent_goes_into_the_options_of_a_source(home, ledger):
    consent = ledger.grant("person:ada", "lastfm", texts.consent_text("lastfm"), now=NOW)
    options = with_consent("lastfm", {"listener": "ada"}, home)
    assert options == {"listener": "ada", "consent": consent.consent_id}


def test_other_sources_need_none(home):
    assert person_of("files", {}) is None
    assert with_consent("files", {"interactions": "a.csv"}, home) == {"interactions": "a.csv"}


@pytest.mark.parametrize("state", ["never given", "another person's", "withdrawn", "made up"])
def test_a_flow_refuses_a_persons_data_without_a_consent_that_stands(home, ledger, state):
    text = texts.consent_text("lastfm")
    if state != "never given":
        ledger.grant("person:ben" if state == "another person's" else "person:ada", "lastfm", text, now=NOW)
    if state == "withdrawn":
        ledger.withdraw("person:ada", now=NOW)
    options = {"listener": "ada"} | ({"consent": "c0ffee"} if state == "made up" else {})
    with pytest.raises(NotPermittedError, match="'crossfade consent grant ada lastfm' shows the words and asks"):
        with_consent("lastfm", options, home)


def test_new_words_are_asked_again_and_old_rows_still_rest_on_the_old_ones(home, ledger, newer_words):
    old = ledger.grant("person:ada", "lastfm", texts.consent_text("lastfm"), now=NOW)
    newer_words()
    with pytest.raises(NotPermittedError):
        with_consent("lastfm", {"listener": "ada"}, home)
    assert ledger.standing() == (old,)


@pytest.mark.parametrize(
    ("basis", "switch", "expected"),
    [
        ({}, False, True),
        ({"consents": ["c1"], "train_on_spotify_api": False}, False, True),
        ({"consents": ["c1", "gone"], "train_on_spotify_api": False}, False, False),
        ({"consents": [], "train_on_spotify_api": True}, True, True),
        ({"consents": [], "train_on_spotify_api": True}, False, False),
    ],
)
def test_a_model_may_be_used_while_all_it_learned_from_may_train(ledger, basis, switch, expected):
    consent = ledger.grant("person:ada", "lastfm", texts.consent_text("lastfm"), now=NOW)
    named = [consent.consent_id if each == "c1" else each for each in basis.get("consents", [])]
    lineage = {"sources": ["lastfm", "spotify-api"], "permissions": basis | {"consents": named} if basis else {}}
    allowed = Permissions((consent,), train_on_spotify_api=switch)
    assert may_still_be_used(lineage, allowed) is expected


def test_the_owners_switch_is_a_setting_shown_with_its_clause(home, monkeypatch, capsys):
    monkeypatch.setenv("CROSSFADE_TRAIN_ON_SPOTIFY_API", "true")
    assert main(["config", "--json"]) == 0
    assert shown(capsys)["train_on_spotify_api"] == {"value": True, "from": "environment"}
    assert main(["config"]) == 0
    assert "Do not use the Spotify Platform" in " ".join(capsys.readouterr().out.split())
    assert permissions_of(Settings(home=home.root, train_on_spotify_api=True)).train_on_spotify_api
    assert not permissions_of(Settings(home=home.root)).train_on_spotify_api
