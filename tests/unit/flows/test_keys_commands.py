"""The commands about API keys, and the service's refusal to be opened without one."""

import json

import pytest

from flows.cli.main import main
from pipelines.home import Home
from pipelines.store.database import Database
from pipelines.store.keys import KeyRing


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def run(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_a_key_is_shown_once_and_found_by_the_store(home, capsys):
    made = json.loads(run(capsys, "keys", "create", "shop", "--scope", "listen", "--days", "9", "--json"))
    database = Database.of(home)
    found = KeyRing(database).find(made["key"])
    database.close()
    assert (found.name, sorted(found.scopes), found.per_minute) == ("shop", ["listen"], 6000)
    assert (found.expires_at or "") > found.created_at
    listed = run(capsys, "keys", "list")
    assert "shop" in listed
    assert made["key"] not in listed


def test_a_key_may_ask_about_nobody_in_particular_unless_told_otherwise(home, capsys):
    assert json.loads(run(capsys, "keys", "create", "x", "--json"))["scopes"] == ["recommend"]


def test_a_revoked_key_is_listed_as_one(home, capsys):
    key_id = json.loads(run(capsys, "keys", "create", "shop", "--json"))["key_id"]
    assert "is revoked since" in run(capsys, "keys", "revoke", key_id)
    assert [key["works"] for key in json.loads(run(capsys, "keys", "list", "--json"))] == [False]


def test_what_is_no_key_and_what_is_no_scope_are_told(home, capsys):
    assert main(["keys", "revoke", "abc"]) == 1
    assert main(["keys", "create", "x", "--scope", "all"]) == 2
    assert "'all' are no scopes. Choose of recommend, listen, admin." in capsys.readouterr().err


def test_without_a_key_the_service_is_not_opened_to_other_machines(home, capsys):
    assert main(["serve", "--host", "192.0.2.1"]) == 2
    assert "other machines could call, and there is no key for them" in capsys.readouterr().err


def test_the_password_of_the_store_is_not_shown(home, capsys, monkeypatch):
    monkeypatch.setenv("CROSSFADE_STORE_URL", "postgresql://ada:hunter2@db/x")
    assert "hunter2" not in run(capsys, "config")
    assert "hunter2" not in run(capsys, "config", "--json")
