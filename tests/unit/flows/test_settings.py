"""Settings: which layer wins, and what is said about a wrong one."""

from __future__ import annotations

import pytest

from flows.settings import load_settings
from pipelines.errors import ConfigError


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="crossfade.toml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_without_anything_the_defaults_hold(settings_file):
    loaded = load_settings(environment={})
    assert loaded.settings.port == 3000
    assert set(loaded.origins.values()) == {"default"}


def test_the_file_is_laid_over_the_defaults(settings_file):
    settings_file("port = 3001")
    loaded = load_settings(environment={})
    assert (loaded.settings.port, loaded.origins["port"]) == (3001, "file")


def test_the_environment_is_laid_over_the_file(settings_file):
    settings_file("port = 3001")
    loaded = load_settings(environment={"CROSSFADE_PORT": "3002"})
    assert (loaded.settings.port, loaded.origins["port"]) == (3002, "environment")


def test_the_command_line_is_laid_over_all(settings_file):
    settings_file("port = 3001")
    loaded = load_settings({"port": 3003}, {"CROSSFADE_PORT": "3002"})
    assert (loaded.settings.port, loaded.origins["port"]) == (3003, "command line")


def test_an_option_that_was_not_given_changes_nothing(settings_file):
    loaded = load_settings({"port": None}, {"CROSSFADE_PORT": "3002"})
    assert (loaded.settings.port, loaded.origins["port"]) == (3002, "environment")


def test_an_empty_variable_is_no_setting(settings_file):
    assert load_settings(environment={"CROSSFADE_PORT": ""}).origins["port"] == "default"


def test_the_address_prefect_workers_give_their_flows_counts(settings_file):
    loaded = load_settings(environment={"PREFECT_API_URL": "http://p/api"})
    assert (loaded.settings.prefect_api_url, loaded.origins["prefect_api_url"]) == ("http://p/api", "environment")


def test_our_own_variable_comes_before_prefects(settings_file):
    environment = {"PREFECT_API_URL": "http://p/api", "CROSSFADE_PREFECT_API_URL": "http://c/api"}
    assert load_settings(environment=environment).settings.prefect_api_url == "http://c/api"


def test_mlflows_own_variable_does_not_count_because_mlflow_writes_it(settings_file):
    loaded = load_settings({"home": "h"}, {"MLFLOW_TRACKING_URI": "sqlite:///elsewhere.db"})
    assert loaded.settings.tracking_uri == f"sqlite:///{loaded.settings.layout.root}/mlflow.db"


def test_another_file_can_be_named(settings_file):
    path = settings_file('home = "there"', name="other.toml")
    assert str(load_settings(environment={"CROSSFADE_SETTINGS": str(path)}).settings.home) == "there"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("prot = 1", "file: there is no setting 'prot'."),
        ("port = 70000", "file: 'port': Input should be less than or equal to 65535."),
        ("port = ", "crossfade.toml: it cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_a_usage_error_that_names_the_place(settings_file, text, complaint):
    settings_file(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(environment={})
    assert str(caught.value).startswith(complaint)
    assert caught.value.exit_code == 2


def test_a_wrong_variable_names_the_environment(settings_file):
    with pytest.raises(ConfigError, match=r"^environment: 'port': Input should be a valid integer"):
        load_settings(environment={"CROSSFADE_PORT": "many"})


def test_a_named_file_that_is_missing_is_an_error(settings_file, tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load_settings(environment={"CROSSFADE_SETTINGS": str(tmp_path / "none.toml")})
