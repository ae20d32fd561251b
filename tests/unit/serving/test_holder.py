import json
import time
from contextlib import suppress

import pytest

from pipelines.errors import BundleError, CrossfadeError, ReleaseError
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST
from pipelines.release.champion import bundle_path, rollback, set_champion
from pipelines.release.moves import start_shadow
from serving.holder import EngineHolder
from serving.settings import ServingSettings
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_the_engine_of_the_champion_is_loaded(home):
    bundle = write_tiny_bundle(home.bundles)
    champion = set_champion(home, bundle.bundle_id, "the first one")
    holder = EngineHolder(ServingSettings(home))
    assert holder.load().version == bundle.bundle_id
    assert holder.engine().version == bundle.bundle_id
    assert holder.champion == champion


def said(caplog):
    """Return the holder's records, each once: pytest hears one twice where a service in this process arranged its logs.

    Threads of other tests in this process may still have something to say.
    """
    return list(dict.fromkeys(record for record in caplog.records if record.name == "serving.holder"))


def test_before_anything_was_loaded_that_is_what_it_says(home):
    with pytest.raises(CrossfadeError, match="still being loaded"):
        EngineHolder(ServingSettings(home)).engine()


def test_a_missing_model_is_said_once_in_the_log_and_found_when_it_is_there(home, caplog):
    holder = EngineHolder(ServingSettings(home))
    for _ in range(2):
        with pytest.raises(ReleaseError, match="no champion"):
            holder.load()
    with pytest.raises(ReleaseError, match="no champion"):
        holder.engine()
    assert [record.levelname for record in said(caplog)] == ["WARNING"]
    bundle = write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "at last")
    assert holder.load().version == bundle.bundle_id


def test_a_damaged_bundle_is_refused(home):
    bundle = write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "the first one")
    (bundle.path / "data.npy").write_bytes(b"scribble")
    with pytest.raises(BundleError, match=r"'data\.npy' is missing or was changed"):
        EngineHolder(ServingSettings(home)).load()


def test_a_new_champion_takes_over_and_a_rollback_brings_the_old_one_back(home):
    first, second = write_tiny_bundle(home.bundles), write_tiny_bundle(home.bundles, "item-knn")
    set_champion(home, first.bundle_id, "the first one")
    holder = EngineHolder(ServingSettings(home))
    in_use = holder.load()
    assert holder.load() is in_use
    champion = set_champion(home, second.bundle_id, "the second one")
    assert (holder.load().version, holder.champion) == (second.bundle_id, champion)
    assert in_use.recommend({}, 1).tracks  # a call that began before ends with the model it began with
    rollback(home)
    assert holder.load().version == first.bundle_id


def test_a_new_champion_that_cannot_be_loaded_is_refused_and_the_old_one_stays(home, caplog):
    first, second = write_tiny_bundle(home.bundles), write_tiny_bundle(home.bundles, "item-knn")
    set_champion(home, first.bundle_id, "the first one")
    holder = EngineHolder(ServingSettings(home))
    holder.load()
    (second.path / "data.npy").write_bytes(b"scribble")
    set_champion(home, second.bundle_id, "the second one")
    for _ in range(2):
        assert holder.load().version == first.bundle_id
    assert [record.message.partition(":")[0] for record in said(caplog)] == ["The model before is served"]


@pytest.mark.parametrize("manifest", [[], None, "nameless", "without figures"])
@pytest.mark.parametrize("role", ["champion", "shadow"])
def test_a_manifest_that_is_none_is_refused_like_any_other_damage(home, manifest, role):
    first, second = write_tiny_bundle(home.bundles), write_tiny_bundle(home.bundles, "item-knn")
    set_champion(home, first.bundle_id, "the first one")
    holder = EngineHolder(ServingSettings(home))
    holder.load()
    move = set_champion if role == "champion" else start_shadow
    move(home, second.bundle_id, "the second one")
    nameless = {name: value for name, value in second.manifest.items() if name != "bundle_id"}
    damaged = {"nameless": nameless, "without figures": {**second.manifest, "figures": 7}}
    (second.path / MANIFEST).write_text(json.dumps(damaged[manifest] if isinstance(manifest, str) else manifest))
    assert holder.load().version == first.bundle_id
    assert second.bundle_id in holder.refusals


def test_a_look_that_fails_is_not_the_last_one(home, monkeypatch, caplog):
    bundle = write_tiny_bundle(home.bundles)
    holder = EngineHolder(ServingSettings(home))
    failures = iter([OSError("the disk is away")])

    def folder(settings):
        for failure in failures:
            raise failure
        return bundle_path(settings.home, bundle.bundle_id)

    monkeypatch.setattr(ServingSettings, "bundle_folder", folder)
    holder.watch(0.01)
    try:
        wait_for(lambda: holder.engine().version == bundle.bundle_id)
    finally:
        holder.stop()
    assert "Looking for a new champion failed" in caplog.text


def test_a_damaged_pointer_changes_nothing(home):
    bundle = write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "the first one")
    holder = EngineHolder(ServingSettings(home))
    holder.load()
    home.champion.write_text("{")
    assert holder.load().version == bundle.bundle_id


def test_the_champion_is_followed_while_nobody_asks(home):
    first, second = write_tiny_bundle(home.bundles), write_tiny_bundle(home.bundles, "item-knn")
    holder = EngineHolder(ServingSettings(home))
    holder.watch(0.01)
    try:
        for bundle in (first, second):
            set_champion(home, bundle.bundle_id, "the next one")
            wait_for(lambda wanted=bundle.bundle_id: holder.engine().version == wanted)
    finally:
        holder.stop()


def wait_for(happened):
    """Wait until something has happened; only what never does takes so long."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(CrossfadeError):
            if happened():
                return
        time.sleep(0.01)
    raise AssertionError("it did not happen")
