from __future__ import annotations

import pytest

from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.release.bundle import write_bundle
from pipelines.release.champion import champion_bundle, read_champion, rollback, set_champion
from pipelines.testing.worlds import two_tastes_dataset


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def bundles(home):
    dataset = two_tastes_dataset()
    training = TrainingData(dataset.histories, dataset.items)
    return [
        write_bundle(home.bundles, recommender_type(name)().fit(training), dataset, lineage={}, figures={}).bundle_id
        for name in ("popularity", "item-knn", "slim")
    ]


def test_a_new_home_has_no_champion(home):
    assert read_champion(home) is None
    with pytest.raises(ReleaseError, match="there is no champion yet"):
        champion_bundle(home)


def test_promotion_keeps_the_one_before_and_rollback_brings_it_back(home, bundles):
    set_champion(home, bundles[0], "first")
    set_champion(home, bundles[1], "better")
    assert champion_bundle(home).bundle_id == bundles[1]
    assert rollback(home).bundle_id == bundles[0]
    assert read_champion(home).previous == bundles[1]


def test_promoting_the_champion_again_changes_nothing(home, bundles):
    set_champion(home, bundles[0], "first")
    second = set_champion(home, bundles[1], "better")
    assert set_champion(home, bundles[1], "run again after a crash") == second


def test_a_bundle_that_does_not_exist_is_never_served(home, bundles):
    set_champion(home, bundles[0], "first")
    with pytest.raises(ReleaseError, match="there is no bundle 'missing'"):
        set_champion(home, "missing", "typo")
    assert read_champion(home).bundle_id == bundles[0]


def test_there_is_nothing_to_roll_back_to_after_the_first(home, bundles):
    set_champion(home, bundles[0], "first")
    with pytest.raises(ReleaseError, match="no previous champion"):
        rollback(home)


def test_a_damaged_pointer_is_a_clear_error(home):
    home.champion.parent.mkdir(parents=True, exist_ok=True)
    home.champion.write_text("{")
    with pytest.raises(ReleaseError, match="pointer cannot be read"):
        read_champion(home)
