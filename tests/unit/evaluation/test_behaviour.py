"""Models that behave and models that do not, on a world of two tastes; each check has to tell them apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.config import BehaviourRules
from pipelines.errors import CrossfadeError
from pipelines.evaluation.behaviour import KEPT_CHECKS, check_behaviour
from pipelines.features.items import ARTISTS
from pipelines.recommenders.base import CandidateList, Recommender, TrainingData
from pipelines.recommenders.popularity import Popularity
from pipelines.recommenders.slim import Slim
from pipelines.testing.worlds import two_tastes_dataset

N_LISTENERS, N_TRACKS, N_ARTISTS = 40, 400, 100


class Moody(Slim):
    """Follows the order, the number and the strengths of a history's tracks, wherever they lead."""

    def score(self, histories):
        scores = np.zeros(histories.shape, dtype=np.float32)
        for row, (start, end) in enumerate(zip(histories.indptr[:-1], histories.indptr[1:], strict=True)):
            tracks, plays = histories.indices[start:end], histories.data[start:end]
            seed = int((tracks * np.arange(1, len(tracks) + 1)).sum() + 1_000 * plays.sum())
            scores[row] = np.random.default_rng(seed).random(histories.shape[1])
        return scores


class Deaf(Slim):
    """Shows what was blocked."""

    def recommend(self, histories, k, *, exclude_history=True, exclude=None) -> CandidateList:
        return super().recommend(histories, k, exclude_history=exclude_history)


@pytest.fixture(scope="module")
def dataset():
    """Forty listeners of 30 tracks each; every fourth track has the same artist, and listeners play one half."""
    rng = np.random.default_rng(1)
    plays = np.zeros((N_LISTENERS, N_TRACKS), dtype=np.float32)
    for listener in range(N_LISTENERS):
        own = np.arange(N_TRACKS // 2) + N_TRACKS // 2 * (listener % 2)
        plays[listener, rng.permutation(own)[:30]] = rng.integers(1, 9, 30)
    artists = np.eye(N_ARTISTS, dtype=np.float32)[np.arange(N_TRACKS) // 4]
    return dataclasses.replace(
        two_tastes_dataset(), histories=sp.csr_array(plays), items={ARTISTS: sp.csr_array(artists)}
    )


def checks_of(model: type[Recommender], dataset):
    fitted = model().fit(TrainingData(dataset.histories, dataset.items))
    return {check.name: check for check in check_behaviour(fitted, dataset, BehaviourRules(), seed=1)}


def test_there_is_a_threshold_for_every_check_and_a_check_for_every_threshold(dataset):
    assert {*checks_of(Popularity, dataset), "listeners"} == set(BehaviourRules.model_fields)


def test_popularity_is_steady_but_hears_nobody(dataset):
    checks = checks_of(Popularity, dataset)
    assert checks["liked_artist_rises"].figure == 0
    assert not checks["liked_artist_rises"].passed
    # The same tracks for everybody, but for those they know: all that a small change could move stays.
    for name in ("duplicate_play", "order_of_history", "near_duplicate", "dropped_history"):
        assert checks[name].figure == 1
        assert checks[name].passed
    # The four most popular of 400 tracks stand in nearly every list of ten.
    assert 0.25 < checks["popularity_share"].figure <= 0.4


def test_lists_for_anybody_are_told_from_lists_for_one(dataset):
    # Listeners have played 30 of 400 tracks, so most of the ten most popular are new to most of them.
    assert checks_of(Popularity, dataset)["personal_lists"].figure > 0.6
    # Ten of about 370 tracks at random are shared by chance: 10 / 370.
    assert checks_of(Moody, dataset)["personal_lists"].figure == pytest.approx(10 / 370, abs=0.02)


def test_the_share_of_a_list_that_another_sees_is_the_mean_over_all_pairs(dataset):
    histories = dataset.histories[:10]
    model = Popularity().fit(TrainingData(dataset.histories, dataset.items))
    few = dataclasses.replace(dataset, histories=sp.csr_array(histories))
    lists = [set(tracks) for tracks in model.recommend(few.histories, 10).indices.tolist()]
    pairs = [len(one & other) / 10 for place, one in enumerate(lists) for other in lists[place + 1 :]]
    checks = {check.name: check for check in check_behaviour(model, few, BehaviourRules(), seed=1)}
    assert checks["personal_lists"].figure == pytest.approx(sum(pairs) / 45)


def test_a_catalogue_of_a_few_lists_makes_lists_alike():
    assert np.isnan(checks_of(Popularity, two_tastes_dataset())["personal_lists"].figure)


def test_a_model_that_follows_artists_is_seen_to(dataset):
    class SameArtist(Slim):
        def score(self, histories):
            artists = dataset.items[ARTISTS]
            return np.asarray((histories @ artists @ artists.T).toarray(), dtype=np.float32)

    assert checks_of(SameArtist, dataset)["liked_artist_rises"].figure == 1


@pytest.mark.parametrize("name", ["duplicate_play", "order_of_history", "near_duplicate", "dropped_history"])
def test_a_model_without_a_character_fails(dataset, name):
    check = checks_of(Moody, dataset)[name]
    # Ten of about 370 tracks at random: about 3 % of a list comes back.
    assert check.figure < 0.15
    assert check.passed is False
    assert "at least" in check.sentence


def test_blocked_tracks_that_come_back_are_seen(dataset):
    assert checks_of(Slim, dataset)["blocked_tracks"].passed
    check = checks_of(Deaf, dataset)["blocked_tracks"]
    assert (check.figure, check.passed) == (1, False)
    assert check.sentence == "100.0% of blocked tracks are shown nevertheless; at most 0% is asked"


def test_what_the_data_do_not_allow_is_neither_passed_nor_failed(dataset):
    check = checks_of(Slim, dataclasses.replace(dataset, items={}))["liked_artist_rises"]
    assert np.isnan(check.figure)
    assert check.passed is None


def test_checks_survive_the_disk(dataset, tmp_path):
    assert KEPT_CHECKS.load(tmp_path) == ()
    checks = tuple(checks_of(Popularity, dataset).values())
    KEPT_CHECKS.save(tmp_path, checks)
    assert KEPT_CHECKS.load(tmp_path) == checks
    (tmp_path / "behaviour.json").write_text("{", encoding="utf-8")
    with pytest.raises(CrossfadeError, match="Run 'crossfade train'"):
        KEPT_CHECKS.load(tmp_path)
