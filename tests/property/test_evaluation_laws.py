"""Laws of ranking, splitting and metrics that hold for any data."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipelines.config import EvaluationRules
from pipelines.evaluation.beyond_accuracy import gini, intra_list_diversity, miscalibration, novelty
from pipelines.evaluation.comparison import holm
from pipelines.evaluation.metrics import RANKING_METRICS, ranking_metrics
from pipelines.evaluation.splitting import by_time, holdout, unseen_users
from pipelines.features.build import k_core
from pipelines.features.items import unit_rows
from pipelines.features.preferences import ratings
from pipelines.features.timeline import Timeline
from pipelines.recommenders.ranking import PAD, top_k
from pipelines.sparse import empty, row_of_each

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
PATTERNS = hnp.arrays(np.int8, SHAPES, elements=st.integers(0, 1))
PLAYS = hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0, 1, 2, 7]))
FEW_VALUES = hnp.arrays(np.float64, SHAPES, elements=st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 0.5, 2.0]))
RULES = EvaluationRules(folds=2)


@given(FEW_VALUES, st.integers(1, 12))
def test_top_k_is_the_head_of_a_full_stable_sort(scores, k):
    indices, values = top_k(scores, k)
    for row in range(len(scores)):
        whole = [i for i in np.argsort(-scores[row], kind="stable") if np.isfinite(scores[row, i])][:k]
        assert indices[row].tolist() == whole + [PAD] * (k - len(whole))
        assert values[row, : len(whole)].tolist() == scores[row, whole].tolist()


@given(PATTERNS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_metrics_lie_between_zero_and_one_and_are_one_for_a_perfect_list(pattern, k, random):
    held_out = sp.csr_array(pattern.astype(float))
    n_tracks = pattern.shape[1]
    perfect = np.full((len(pattern), k), PAD)
    shuffled = np.full((len(pattern), k), PAD)
    for row, wanted in enumerate(pattern):
        best_first = np.argsort(-wanted, kind="stable")[:k]
        perfect[row, : len(best_first)] = best_first
        some = random.sample(range(n_tracks), min(k, n_tracks))
        shuffled[row, : len(some)] = some
    worse = ranking_metrics(shuffled, held_out, (k,))
    best = ranking_metrics(perfect, held_out, (k,))
    tested = pattern.sum(axis=1) > 0
    assert worse[tested].to_numpy().min(initial=0) >= 0
    assert worse[tested].to_numpy().max(initial=0) <= 1
    for name in RANKING_METRICS:
        assert (best[f"{name}@{k}"][tested] + 1e-12 >= worse[f"{name}@{k}"][tested]).all()
    for name in ("ndcg", "map", "mrr", "hit_rate"):
        np.testing.assert_allclose(best[f"{name}@{k}"][tested], 1)
    assert best[~tested].isna().all(axis=None)


@given(PLAYS)
def test_no_split_shows_what_it_asks_for(plays):
    histories = sp.csr_array(plays)
    for split in (*unseen_users(histories, RULES), *holdout(histories, RULES)):
        assert split.given.multiply(split.held_out).nnz == 0
        assert (split.given.toarray() + split.held_out.toarray() == plays[split.listeners]).all()
        if split.protocol == "unseen-users":
            assert split.train.shape[0] + len(split.listeners) == len(plays)
        else:
            assert split.train.multiply(split.held_out).nnz == 0


@given(PLAYS, st.lists(st.tuples(st.integers(0, 80), st.integers(0, 9)), min_size=1, max_size=60))
def test_nothing_that_is_trained_on_is_newer_than_what_must_be_found(plays, drawn):
    histories = sp.csr_array(plays)
    entries, days = (
        np.array([(entry, day) for entry, day in drawn if entry < histories.nnz], dtype=int).reshape(-1, 2).T
    )
    assume(len(entries))
    timeline = Timeline(histories, entries, np.ones(len(entries)), days.astype(float))
    rows = row_of_each(histories)
    for split in by_time(timeline, RULES):
        places = zip(split.listeners[row_of_each(split.held_out)], split.held_out.indices, strict=True)
        asked = [(rows[entries] == row) & (histories.indices[entries] == column) for row, column in places]
        first_days = [days[of_one].min() for of_one in asked]
        assert min(first_days) > split.train_times.data.max()
        assert split.train.data.sum() == (days <= split.train_times.data.max()).sum()
        assert split.given.multiply(split.held_out).nnz == 0
        assert (np.diff(split.given.indptr) > 0).all()
        assert (np.diff(split.held_out.indptr) > 0).all()


@given(PATTERNS, st.integers(1, 4))
def test_a_core_is_closed_and_nothing_outside_belongs_to_it(pattern, k):
    rows, columns = k_core(sp.csr_array(pattern.astype(float)), k)
    core = pattern[np.ix_(rows, columns)]
    assert (core.sum(axis=1) >= k).all()
    assert (core.sum(axis=0) >= k).all()
    again_rows, again_columns = k_core(sp.csr_array(core.astype(float)), k)
    assert (len(again_rows), len(again_columns)) == core.shape
    for row in set(range(len(pattern))) - set(rows):
        assert pattern[row, columns].sum() < k


@given(PLAYS)
def test_ratings_keep_the_scale_the_order_and_the_middle(plays):
    strengths = sp.csr_array(plays)
    found = ratings(strengths, empty(*strengths.shape))
    assert found.data.min(initial=1) >= 1
    assert found.data.max(initial=5) <= 5
    for row in range(strengths.shape[0]):
        own, given_ratings = strengths[[row]].data, found[[row]].data
        np.testing.assert_allclose(given_ratings.mean() if len(own) else 3, 3, rtol=1e-5)
        order = np.argsort(own, kind="stable")
        assert (np.diff(given_ratings[order]) >= 0).all()
        assert all(
            (a == b) == (x == y)
            for a, x in zip(own, given_ratings, strict=True)
            for b, y in zip(own, given_ratings, strict=True)
        )


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_nor_changes_the_order_and_lies_between_none_and_bonferroni(p_values):
    adjusted = holm(p_values)
    assert all(p <= a <= min(1, p * len(p_values)) + 1e-12 for p, a in zip(p_values, adjusted, strict=True))
    by_raw = [a for _, a in sorted(zip(p_values, adjusted, strict=True))]
    assert by_raw == sorted(by_raw)


LISTS = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5), elements=st.integers(-1, 5)
)
FEATURES = hnp.arrays(np.float32, (6, 3), elements=st.sampled_from([0, 1, 2]))


@given(LISTS, FEATURES)
def test_diversity_without_pairs_is_that_of_all_pairs(lists, features):
    looks = unit_rows(sp.csr_array(features))
    dense = looks.toarray().astype(float)
    for row, found in zip(lists, intra_list_diversity(lists, looks), strict=True):
        known = dense[[track for track in row if track != PAD and features[track].any()]]
        pairs = [1 - known[i] @ known[j] for i in range(len(known)) for j in range(i)]
        np.testing.assert_allclose(found, np.mean(pairs) if pairs else np.nan, atol=1e-5)


@given(LISTS)
def test_the_gini_index_is_half_the_relative_mean_difference_of_any_two_tracks(lists):
    places = np.array([(lists == track).sum() for track in range(6)])
    if places.sum():
        differences = np.abs(places[:, None] - places[None, :]).mean()
        np.testing.assert_allclose(gini(lists, 6), differences / (2 * places.mean()))
    else:
        assert np.isnan(gini(lists, 6))


@given(LISTS, FEATURES)
def test_the_own_history_is_perfectly_calibrated_and_no_list_is_worse_than_nothing_in_common(lists, features):
    shown = [sorted({track for track in row if track != PAD}) for row in lists]
    given_tracks = np.zeros((len(lists), 6))
    for row, tracks in enumerate(shown):
        given_tracks[row, tracks] = 1
    unique = np.array([tracks + [PAD] * (lists.shape[1] - len(tracks)) for tracks in shown])
    history = sp.csr_array(given_tracks)
    same = miscalibration(unique, history, sp.csr_array(features))
    np.testing.assert_allclose(same[~np.isnan(same)], 0, atol=1e-9)
    other = miscalibration((unique + 1) % 6, history, sp.csr_array(features))
    assert np.nanmax(np.append(other, 0)) <= np.log2(100) + 1e-9


@given(LISTS)
def test_what_everybody_plays_is_no_news(lists):
    assert novelty(lists, np.full(6, 9), 9) == 0
