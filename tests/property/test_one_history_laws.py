"""What ranking one history promises: exactly the list and the shares of the model, in every bit."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recommenders.item_knn import ItemKNN
from pipelines.recommenders.one_history import DenseRanker, Disliked, History, Question
from pipelines.recommenders.popularity import Popularity
from pipelines.recommenders.ranking import PAD
from pipelines.recommenders.sparse_ranker import SparseRanker, ranker_of

N = 9
#: Weights that are not exact in binary, some against a track, so that sums are rounded and may be 0 or below.
WEIGHTS = st.lists(
    st.lists(st.sampled_from([0.0, 0.0, 0.1, 0.3, 0.7, -0.2]), min_size=N, max_size=N), min_size=N, max_size=N
)
HISTORIES = st.dictionaries(st.integers(0, N - 1), st.sampled_from([0.5, 1.0, 3.0, 7.3]), max_size=5)
EXCLUDED = st.lists(st.integers(0, N - 1), max_size=3)


def model_of(weights):
    return ItemKNN().keep(sp.csr_array(np.array(weights, dtype=np.float32)))


def history_of(plays):
    tracks = np.array(sorted(plays), dtype=np.int64)
    return History(tracks, np.array([plays[track] for track in tracks], dtype=np.float32))


def expected_of(model, history, excluded, k):
    mask = History(np.unique(np.array(excluded, np.int64)), np.ones(len(set(excluded)), np.float32)).as_row(N)
    found = model.recommend(history.as_row(N), k, exclude=mask)
    there = (found.indices[0] != PAD) & (found.scores[0] > 0)
    return found.indices[0][there].tolist(), found.scores[0][there].tolist()


@given(WEIGHTS, HISTORIES, EXCLUDED, st.integers(1, N + 2))
def test_the_list_is_the_models(weights, plays, excluded, k):
    model, history = model_of(weights), history_of(plays)
    for ranker in (ranker_of(model), DenseRanker(model)):
        found = ranker.rank(history, k, np.array([*excluded, *history.tracks], dtype=np.int64))
        assert (found.tracks.tolist(), found.scores.tolist()) == expected_of(model, history, excluded, k)


@given(WEIGHTS, HISTORIES, st.integers(1, 4))
def test_the_reasons_are_the_models_contributions(weights, plays, n):
    model, history = model_of(weights), history_of(plays)
    ranker = ranker_of(model)
    ranked = ranker.rank(history, N, history.tracks).tracks
    found = ranker.reasons(history, ranked, n)
    for place, track in enumerate(ranked.tolist()):
        parts = [part for part in model.contributions(history.as_row(N), track) if part.amount > 0]
        total = sum(part.amount for part in parts)
        here = found.places == place
        assert found.tracks[here].tolist() == [part.track for part in parts[:n]]
        np.testing.assert_allclose(found.shares[here], [part.amount / total for part in parts[:n]], rtol=1e-12)


@given(WEIGHTS, st.lists(HISTORIES, max_size=4))
def test_a_list_does_not_depend_on_those_before_it(weights, several):
    ranker = ranker_of(model_of(weights))
    for plays in several:
        history = history_of(plays)
        fresh = ranker_of(model_of(weights)).rank(history, N, history.tracks)
        again = ranker.rank(history, N, history.tracks)
        ranker.reasons(history, again.tracks, 3)
        assert (again.tracks.tolist(), again.scores.tolist()) == (fresh.tracks.tolist(), fresh.scores.tolist())


@given(WEIGHTS, st.lists(st.tuples(HISTORIES, EXCLUDED, st.integers(1, 4), st.integers(0, 3)), max_size=4))
def test_several_questions_have_the_answers_each_has_alone(weights, several):
    model = model_of(weights)
    asked = [
        Question(history, k, np.array([*excluded, *history.tracks], dtype=np.int64), reasons)
        for plays, excluded, k, reasons in several
        for history in [history_of(plays)]
    ]
    for ranker in (ranker_of(model), DenseRanker(model)):
        together = ranker.explained(asked)
        assert len(together) == len(asked)
        for question, (ranked, why) in zip(asked, together, strict=True):
            alone = ranker.rank(question.history, question.k, question.excluded)
            reasons = ranker.reasons(question.history, alone.tracks, question.reasons)
            for ours, theirs in zip((*ranked, *why), (*alone, *reasons), strict=True):
                assert ours.tolist() == theirs.tolist()


@given(WEIGHTS, HISTORIES, HISTORIES)
def test_a_dislike_takes_what_a_like_would_add_and_adds_nothing(weights, plays, dislikes):
    model, played = model_of(weights), history_of(plays)
    disliked = history_of({track: amount for track, amount in dislikes.items() if track not in plays})
    history = played._replace(against=Disliked(disliked.tracks, disliked.plays))
    expected = model.score(played.as_row(N))[0].astype(float)
    for track, amount in zip(*history.against, strict=True):
        expected -= np.maximum(model.score(history_of({track: amount}).as_row(N))[0], 0)
    listed = np.ones(N, dtype=bool)
    listed[history.every_track] = False
    for ranker in (ranker_of(model), DenseRanker(model)):
        found = ranker.rank(history, N, history.every_track)
        np.testing.assert_allclose(found.scores, expected[found.tracks], rtol=1e-4, atol=1e-6)
        assert set(np.flatnonzero(listed & (expected > 1e-6))) <= set(found.tracks.tolist())
        assert not set(ranker.reasons(history, found.tracks, N).tracks.tolist()) & set(disliked.tracks.tolist())


@given(WEIGHTS, HISTORIES, st.sets(st.integers(0, N - 1)))
def test_what_may_not_appear_makes_room(weights, plays, allowed):
    ranker, history = ranker_of(model_of(weights)), history_of(plays)
    everything = ranker.rank(history, N, history.tracks).tracks.tolist()
    kept = ranker.rank(history, 2, history.tracks, lambda tracks: np.isin(tracks, list(allowed))).tracks.tolist()
    assert kept == [track for track in everything if track in allowed][:2]


def test_only_plain_item_item_models_are_ranked_without_their_own_scores():
    class Odd(ItemKNN):
        def score(self, histories):
            return super().score(histories) + 1

    assert isinstance(ranker_of(model_of([[0.0] * N] * N)), SparseRanker)
    for model in (Odd().keep(sp.csr_array((N, N), dtype=np.float32)), Popularity()):
        assert isinstance(ranker_of(model), DenseRanker)


def test_a_list_that_failed_leaves_nothing_behind():
    ranker, history = ranker_of(model_of(np.full((N, N), 0.1))), history_of({0: 1.0})
    before = ranker.rank(history, N, history.tracks)
    with pytest.raises(IndexError):
        ranker.rank(history, N, np.array([N]))
    assert [part.tolist() for part in ranker.rank(history, N, history.tracks)] == [part.tolist() for part in before]
