"""What ``crossfade serve`` tells the service: the settings that both know, wherever they were set."""

from __future__ import annotations

from dataclasses import fields

from flows.cli.service import service_environment
from flows.settings import Settings, load_settings
from serving.settings import ServingSettings

FILE = """
home = "elsewhere"
store_url = "postgresql://crossfade@db/events"
secret_key = "a secret of the file, long enough for it"
remote = "s3://music/crossfade?region=eu-central-1"
open_to_network = true
spotify_client_id = "app"
spotify_api_url = "http://127.0.0.1:1/v1"
spotify_accounts_url = "http://127.0.0.1:1"
"""


def served(tmp_path, text, **variables):
    (tmp_path / "crossfade.toml").write_text(text, encoding="utf-8")
    environment = {"CROSSFADE_SETTINGS": str(tmp_path / "crossfade.toml"), **variables}
    settings = load_settings(environment=environment).settings
    return settings, ServingSettings.from_environment(environment | service_environment(settings))


def test_settings_of_a_file_reach_the_service(tmp_path):
    settings, service = served(tmp_path, FILE)
    assert service.home == settings.layout
    assert service.store_url == "postgresql://crossfade@db/events"
    assert service.secret_key == "a secret of the file, long enough for it"
    assert service.remote is not None
    assert service.remote.url == "s3://music/crossfade"
    assert service.open_to_network
    assert (service.spotify.client_id, service.spotify.api_url) == ("app", "http://127.0.0.1:1/v1")
    assert service.spotify.accounts_url == "http://127.0.0.1:1"


def test_a_secret_in_a_file_of_its_own_goes_the_same_way(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("a secret of its own, which is long enough\n", encoding="utf-8")
    assert served(tmp_path, "", CROSSFADE_SECRET_KEY_FILE=str(secret))[1].secret_key == secret.read_text().strip()


def test_without_settings_the_service_has_its_defaults(tmp_path):
    service = served(tmp_path, "")[1]
    assert (service.store_url, service.secret_key, service.remote, service.open_to_network) == ("", "", None, False)
    assert service.spotify == ServingSettings.from_environment({}).spotify


def test_every_setting_that_both_know_is_handed_on():
    both = {each.name for each in fields(ServingSettings)} & set(Settings.model_fields)
    told = {name.removeprefix("CROSSFADE_").lower() for name in service_environment(Settings())}
    assert both <= told
