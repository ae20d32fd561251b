"""A rehearsal stays in its own folder, whatever the settings of the installation beside it name."""

from __future__ import annotations

import pytest

from flows.lab import lab_settings
from flows.simulation import settings_of_the_month

THEIRS = """
store_url = "postgresql://people@db/crossfade"
mlflow_tracking_uri = "http://mlflow:5000"
artifacts_url = "s3://models/crossfade"
remote = "s3://releases/crossfade"
service_url = "http://127.0.0.1:3000"
"""


@pytest.fixture(params=["a file of settings", "files of secrets"])
def installation(request, tmp_path, monkeypatch):
    """An installation in use: its store holds what people said, its service serves them."""
    file = tmp_path / "crossfade.toml"
    file.write_text(THEIRS if request.param == "a file of settings" else "", encoding="utf-8")
    monkeypatch.setenv("CROSSFADE_SETTINGS", str(file))
    if request.param == "files of secrets":
        for line in THEIRS.strip().splitlines():
            name, _, value = line.partition(" = ")
            (tmp_path / name).write_text(value.strip('"'), encoding="utf-8")
            monkeypatch.setenv(f"CROSSFADE_{name.upper()}_FILE", str(tmp_path / name))


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("rehearsal", [settings_of_the_month, lab_settings])
def test_it_uses_nothing_of_an_installation(rehearsal, tmp_path):
    with rehearsal(tmp_path / "rehearsal") as settings:
        home = settings.layout
        assert home.root.is_relative_to(tmp_path / "rehearsal")
        assert settings.store_url.get_secret_value() == f"sqlite:///{home.events}"
        assert settings.tracking_uri == f"sqlite:///{home.mlflow_db}"
        assert settings.artifact_root == home.mlflow_artifacts.as_uri()
        assert (settings.published_to, settings.watched_service) == ("", "")
