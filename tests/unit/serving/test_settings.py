from pathlib import Path

import pytest

from pipelines.errors import ConfigError, ReleaseError
from pipelines.home import Home
from pipelines.release.champion import set_champion
from serving.settings import ServingSettings
from tests.support.tiny_world import write_tiny_bundle

NOWHERE = Path("/nonexistent")


@pytest.fixture
def packed(tmp_path):
    return write_tiny_bundle(tmp_path / "packed").path


def test_the_default_is_the_home_folder_in_the_working_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = ServingSettings.from_environment({}, packed=NOWHERE)
    assert settings == ServingSettings(Home(tmp_path / ".crossfade"))


def test_a_packed_bundle_comes_before_the_default_home(packed):
    assert ServingSettings.from_environment({}, packed=packed).bundle == packed


def test_the_app_is_named_by_the_variables_of_the_command_line():
    named = {"CROSSFADE_SPOTIFY_CLIENT_ID": "abc", "CROSSFADE_SPOTIFY_API_URL": "http://127.0.0.1:1/v1/"}
    settings = ServingSettings.from_environment({**named, "CROSSFADE_PUBLIC_URL": "https://x.example"}, packed=NOWHERE)
    assert (settings.spotify.client_id, settings.spotify.api_url) == ("abc", "http://127.0.0.1:1/v1")
    assert (settings.spotify.accounts_url, settings.public_url) == (
        "https://accounts.spotify.com",
        "https://x.example",
    )


def test_a_named_home_comes_before_a_packed_bundle(packed, tmp_path):
    settings = ServingSettings.from_environment({"CROSSFADE_HOME": str(tmp_path)}, packed=packed)
    assert settings == ServingSettings(Home(tmp_path))


def test_a_named_bundle_comes_before_everything(packed, tmp_path):
    environment = {"CROSSFADE_HOME": str(tmp_path), "CROSSFADE_BUNDLE": str(packed)}
    settings = ServingSettings.from_environment(environment, packed=NOWHERE)
    assert settings.bundle_folder() == packed
    assert settings.champion() is None


def test_the_champion_of_the_home_folder_is_followed(tmp_path):
    home = Home(tmp_path)
    bundle = write_tiny_bundle(home.bundles)
    champion = set_champion(home, bundle.bundle_id, "the first one")
    settings = ServingSettings(home)
    assert settings.bundle_folder() == bundle.path
    assert settings.champion() == champion


def test_a_home_without_a_champion_is_an_error_that_says_what_to_run(tmp_path):
    with pytest.raises(ReleaseError, match=r"no champion to serve yet.*'crossfade train'"):
        ServingSettings(Home(tmp_path)).bundle_folder()


def test_how_long_a_file_may_make_no_headway_is_a_number_of_seconds():
    told = {"CROSSFADE_UPLOAD_PATIENCE": "2.5"}
    assert ServingSettings.from_environment(told, packed=NOWHERE).upload_patience == 2.5
    for wrong in ("soon", "0", "-1", "nan", "inf"):
        with pytest.raises(ConfigError, match="no number of seconds"):
            ServingSettings.from_environment({"CROSSFADE_UPLOAD_PATIENCE": wrong}, packed=NOWHERE)
