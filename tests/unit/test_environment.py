"""Secrets that stand in files: read once, for the flows and for the service, and never lost in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.settings import load_settings
from pipelines.environment import variables_set, with_files
from pipelines.errors import ConfigError
from serving.settings import ServingSettings

URL = "postgresql://crossfade:p%40ss@postgres/events"


@pytest.fixture
def secret(tmp_path):
    def write(content, name="secret"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return write


def test_a_file_takes_the_place_of_its_variable(secret):
    given = {"CROSSFADE_STORE_URL_FILE": secret(f"{URL}\n"), "CROSSFADE_HOME": "/home"}
    assert with_files(given) == {"CROSSFADE_STORE_URL": URL, "CROSSFADE_HOME": "/home"}


def test_only_our_own_variables_are_files(secret):
    given = {"PREFECT_SERVER_DATABASE_SQLALCHEMY_CONNECT_ARGS_TLS_CA_FILE": "/ca.pem", "CROSSFADE_HOME": "/home"}
    assert with_files(given) == given


def test_an_empty_name_of_a_file_is_none(secret):
    assert with_files({"CROSSFADE_STORE_URL_FILE": "", "CROSSFADE_STORE_URL": URL})["CROSSFADE_STORE_URL"] == URL


def test_flows_and_service_read_the_same_secrets(secret, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"CROSSFADE_STORE_URL_FILE": secret(URL), "CROSSFADE_SECRET_KEY_FILE": secret("k" * 32, "key")}
    loaded = load_settings(environment=given)
    served = ServingSettings.from_environment(given, packed=Path("/nonexistent"))
    assert loaded.settings.store_url.get_secret_value() == served.store_url == URL
    assert loaded.settings.secret_key.get_secret_value() == served.secret_key == "k" * 32
    assert loaded.origins["store_url"] == "environment"


@pytest.mark.parametrize(
    ("content", "more", "complaint"),
    [
        ("x", {"CROSSFADE_STORE_URL": "y"}, "CROSSFADE_STORE_URL is set as well"),
        ("\n", {}, "is empty"),
        (None, {}, r"cannot be read \(No such file or directory\)"),
    ],
)
def test_a_secret_that_is_lost_or_said_twice_is_an_error(secret, tmp_path, content, more, complaint):
    path = str(tmp_path / "none") if content is None else secret(content)
    with pytest.raises(ConfigError, match=rf"^CROSSFADE_STORE_URL_FILE: .*{complaint}"):
        with_files({"CROSSFADE_STORE_URL_FILE": path, **more})


def test_variables_are_put_back_as_they_were(monkeypatch):
    monkeypatch.setenv("CROSSFADE_HOME", "/before")
    monkeypatch.delenv("CROSSFADE_TRAINING", raising=False)
    before = dict(os.environ)
    with variables_set({"CROSSFADE_HOME": "/meanwhile", "CROSSFADE_TRAINING": "t.toml"}):
        assert (os.environ["CROSSFADE_HOME"], os.environ["CROSSFADE_TRAINING"]) == ("/meanwhile", "t.toml")
    assert dict(os.environ) == before
