"""Held-out rows among those a model learns from: by a wrong split, and by people who are there twice."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.sparse as sp

from pipelines.config import EvaluationRules
from pipelines.errors import CrossfadeError
from pipelines.evaluation.leakage import KEPT_LEAKS, look_for_leaks, twin_share
from pipelines.evaluation.splitting import by_time, holdout, unseen_users
from pipelines.features.timeline import Timeline
from pipelines.sparse import from_triples

RULES = EvaluationRules(folds=2)


def histories(listeners=60, tracks=400, each=20):
    """Every listener has as many tracks, drawn among many: no two are alike."""
    rng = np.random.default_rng(3)
    plays = np.zeros((listeners, tracks), dtype=np.float32)
    for row in plays:
        row[rng.permutation(tracks)[:each]] = rng.integers(1, 9, each)
    return sp.csr_array(plays)


def found(splits, plays):
    return [look_for_leaks(split, plays, seed=1) for split in splits]


@pytest.mark.parametrize("protocol", [unseen_users, holdout])
def test_nothing_leaks_between_strangers(protocol):
    checks = found(protocol(histories(), RULES), histories())
    assert [(check.pairs, check.twins) for check in checks] == [(0, 0), (0, 0)]
    assert sum(check.listeners for check in checks) == (60 if protocol is unseen_users else 120)


def test_a_listener_who_meets_one_new_track_is_not_their_own_twin():
    listeners = np.repeat(np.arange(30), 21)
    tracks = np.concatenate([np.arange(21) * 30 + number for number in range(30)])
    days = np.tile(np.r_[np.arange(20), 100], 30).astype(np.float64)
    plays = from_triples(np.ones(len(days)), listeners, tracks, (30, 700))
    timeline = Timeline(plays, np.arange(len(days)), np.ones(len(days)), days)
    assert all((check.pairs, check.twins) == (0, 0) for check in found(by_time(timeline, RULES), plays))


def test_people_who_are_there_twice_are_found_where_a_fold_parts_them():
    once = histories()
    twice = sp.csr_array(sp.vstack([once, once[:30]]))
    splits = list(unseen_users(twice, RULES))
    parted = [len({row, row + 60} & {*split.listeners.tolist()}) == 1 for split in splits for row in range(30)]
    assert 0 < sum(check.twins for check in found(splits, twice)) == sum(parted)
    assert sum(check.twins for check in found(holdout(twice, RULES), twice)) == 2 * 60


def test_a_twin_may_lack_a_few_tracks():
    rows = np.zeros((2, 30), dtype=np.float32)
    rows[0, :20], rows[1, 4:20] = 1, 1  # 16 of 20 are shared
    split = next(iter(holdout(sp.csr_array(rows), RULES)))
    assert look_for_leaks(split, sp.csr_array(rows), seed=1).twins == 2
    rows[1, 4] = 0  # 15 of 20
    split = next(iter(holdout(sp.csr_array(rows), RULES)))
    assert look_for_leaks(split, sp.csr_array(rows), seed=1).twins == 0


def test_a_split_that_lets_held_out_rows_through_is_found():
    split = next(iter(holdout(histories(), RULES)))
    leaked = split.held_out.toarray()
    leaked[5:] = 0
    wrong = dataclasses.replace(split, train=sp.csr_array(split.train + sp.csr_array(leaked)))
    assert look_for_leaks(wrong, histories(), seed=1).pairs == np.count_nonzero(leaked)


def test_short_histories_are_not_compared():
    checks = found(unseen_users(histories(each=9), RULES), histories(each=9))
    assert [check.listeners for check in checks] == [0, 0]
    assert math.isnan(twin_share(checks))


def test_checks_survive_the_disk(tmp_path):
    assert KEPT_LEAKS.load(tmp_path) == ()
    checks = tuple(found(unseen_users(histories(), RULES), histories()))
    KEPT_LEAKS.save(tmp_path, checks)
    assert KEPT_LEAKS.load(tmp_path) == checks
    (tmp_path / "leaks.json").write_text("{", encoding="utf-8")
    with pytest.raises(CrossfadeError, match="Run 'crossfade train'"):
        KEPT_LEAKS.load(tmp_path)


def test_a_track_that_is_played_again_has_not_leaked_where_repeats_are_asked_for():
    plays = histories()
    split = next(holdout(plays, RULES))
    again = dataclasses.replace(split, held_out=split.given, repeats=True)
    assert look_for_leaks(again, plays, seed=1).pairs == 0
    assert look_for_leaks(dataclasses.replace(again, repeats=False), plays, seed=1).pairs == split.given.nnz
