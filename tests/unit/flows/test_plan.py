"""The key under which a fold's result is kept: all that decides it, and nothing else."""

from __future__ import annotations

import pytest
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings

from flows import matrices
from flows.fold_cache import drop_other_folds
from flows.forgetting_places import forget_caches
from flows.matrices import Plan
from flows.settings import Settings
from pipelines.config import CandidateConfig, EvaluationRules, MatrixRules, TrainingConfig
from pipelines.data.consent import Consent
from pipelines.data.permissions import NOTHING_AGREED, Permissions
from pipelines.data.provenance import ALL_USES
from pipelines.errors import ConfigError
from pipelines.home import Home
from pipelines.store.forget_requests import ForgetRequest
from pipelines.store.receipts import Change

ADA = Consent("c1", "person:ada", "diary", ALL_USES, "own-data", 1, "0", "2026-01-01T00:00:00+00:00")
CONFIG = TrainingConfig(candidates=(CandidateConfig(name="popularity"), CandidateConfig(name="als")))


def key(
    tmp_path, *, snapshot="s", config=CONFIG, permissions=NOTHING_AGREED, candidate="als", protocol="holdout", fold=0
):
    return Plan.of(Home(tmp_path), snapshot, config, permissions).fold_key(candidate, protocol, fold)


def test_the_same_plan_has_the_same_key_in_any_home(tmp_path):
    assert key(tmp_path) == key(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": "other"},
        {"permissions": Permissions(train_on_spotify_api=True)},
        {"permissions": Permissions((ADA,))},
        {"candidate": "popularity"},
        {"protocol": "unseen-users"},
        {"fold": 1},
        {"config": CONFIG.model_copy(update={"matrix": MatrixRules(core=2)})},
        {"config": CONFIG.model_copy(update={"evaluation": EvaluationRules(seed=1)})},
        {"config": CONFIG.model_copy(update={"evaluation": EvaluationRules(listeners=9)})},
        {"config": CONFIG.model_copy(update={"candidates": (CandidateConfig(name="als", params={"factors": 8}),)})},
    ],
    ids=[
        "data",
        "owner's decision",
        "consent",
        "candidate",
        "protocol",
        "fold",
        "matrix",
        "seed",
        "sample",
        "hyper-parameters",
    ],
)
def test_whatever_decides_the_result_changes_the_key(tmp_path, change):
    assert key(tmp_path, **change) != key(tmp_path)


def test_other_code_has_another_key(tmp_path, monkeypatch):
    before = key(tmp_path)
    monkeypatch.setattr(matrices, "core_fingerprint", lambda: "other code")
    assert key(tmp_path) != before


def test_another_candidate_in_the_configuration_changes_nothing(tmp_path):
    more = CONFIG.model_copy(update={"candidates": (*CONFIG.candidates, CandidateConfig(name="slim"))})
    assert key(tmp_path, config=more) == key(tmp_path)


def test_an_unknown_candidate_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="there is no candidate 'magic'"):
        key(tmp_path, candidate="magic")


@pytest.fixture
def storage(tmp_path):
    """A result storage in the home folder with this training's measurements, another one's, and a stranger's file."""
    folder = tmp_path / "prefect" / "storage"
    folder.mkdir(parents=True)
    mine = Plan.of(Home(tmp_path), "s", CONFIG).fold_keys()
    for name in (*mine, "a" * 64, "b" * 64, "notes.txt"):
        (folder / name).touch()
    return folder


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_there_is_a_key_for_every_candidate_on_every_fold(tmp_path):
    rules = CONFIG.evaluation
    assert len(Plan.of(Home(tmp_path), "s", CONFIG).fold_keys()) == 2 * len(rules.protocols) * rules.folds


def test_measurements_of_other_trainings_are_dropped(tmp_path, storage):
    plan = Plan.of(Home(tmp_path), "s", CONFIG)
    assert drop_other_folds(storage, plan) == 2
    assert names(storage) == plan.fold_keys() | {"notes.txt"}


def test_a_storage_outside_the_home_folder_is_left_alone(tmp_path, storage):
    before = names(storage)
    assert drop_other_folds(storage, Plan.of(Home(tmp_path / "elsewhere"), "s", CONFIG)) == 0
    assert names(storage) == before


@pytest.mark.parametrize(("kept_in", "left"), [("home/kept", []), ("elsewhere", ["elsewhere/c"])])
def test_who_is_forgotten_leaves_no_measurement_in_the_home_wherever_prefect_keeps_them(tmp_path, kept_in, left):
    settings = Settings(home=tmp_path / "home")
    folders = (settings.layout.prefect / "storage", tmp_path / kept_in)
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "c").touch()
    change = Change("snapshot", "snapshots/a", "0", "1", "snapshots/b")
    request = ForgetRequest("person:ann", "mac", "2026-03-01T00:00:00+00:00", {}, (change,))
    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: folders[1]}):
        changed = list(forget_caches(request, settings))
    assert [str(path.relative_to(tmp_path)) for folder in folders for path in folder.iterdir()] == left
    assert len(changed) == 2 - len(left)


def test_without_a_storage_there_is_nothing_to_drop(tmp_path):
    assert drop_other_folds(tmp_path / "none", Plan.of(Home(tmp_path), "s", CONFIG)) == 0
