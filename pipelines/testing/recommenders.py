"""What every recommender must do: the shared contract, one check a promise.

Each check takes a factory of unfitted recommenders and raises ``AssertionError`` with a sentence where the promise is
broken. A recommender of another package is tested by calling ``check_recommender`` with its class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from pipelines.recommenders.base import CandidateList, Explains, Forgets, Recommender, SimilarTracks, TrainingData
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import with_data
from pipelines.testing.worlds import two_tastes

Factory: TypeAlias = Callable[[], Recommender]


def lists_are_ranked_and_hold_no_repetition(make: Factory) -> None:
    """Scores never rise along a list, tracks never repeat, places left over are padded at the end."""
    data = two_tastes()
    lists = make().fit(data).recommend(data.histories, data.n_tracks + 3)
    for indices, scores in _rows(lists):
        filled = indices != PAD
        assert (np.diff(scores[filled]) <= 0).all(), "scores rise along the list"
        assert len(set(indices[filled])) == filled.sum(), "a track appears twice"
        assert not filled[filled.sum() :].any(), "padding stands before a track"


def history_never_comes_back(make: Factory) -> None:
    """A track of the history is not recommended, nor is an excluded one."""
    data = two_tastes()
    model = make().fit(data)
    banned = _row(data.n_tracks, [data.n_tracks - 1])
    history = _row(data.n_tracks, [0, 1])
    shown = model.recommend(history, data.n_tracks, exclude=banned).indices
    assert not {0, 1, data.n_tracks - 1} & set(shown.ravel()), "the history or an excluded track was recommended"


def same_data_gives_same_lists(make: Factory) -> None:
    """Two models fitted on the same data give the same lists, and a second fit forgets the first."""
    data = two_tastes()
    first = make().fit(data)
    again = make().fit(two_tastes(seed=7)).fit(data)
    _assert_same(first.recommend(data.histories, 5), again.recommend(data.histories, 5), "fitting is not repeatable")


def one_by_one_equals_all_at_once(make: Factory) -> None:
    """A listener's list does not depend on who else is asked for."""
    data = two_tastes()
    model = make().fit(data)
    together = model.recommend(data.histories, 5)
    for row in range(data.histories.shape[0]):
        alone = model.recommend(sp.csr_array(data.histories[[row]]), 5)
        assert (alone.indices[0] == together.indices[row]).all(), "asking together changes a list"


def stored_arrays_bring_it_back(make: Factory, folder: Path) -> None:
    """Arrays written to disk and memory mapped give the same lists, without pickle."""
    data = two_tastes()
    model = make().fit(data)
    for name, array in model.arrays().items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in model.arrays()}
    restored = type(model)(model.config).load(arrays)
    assert restored.n_tracks == data.n_tracks, "the restored model has another catalogue"
    _assert_same(model.recommend(data.histories, 5), restored.recommend(data.histories, 5), "restoring changes lists")


def scores_are_finite_and_shaped(make: Factory) -> None:
    """Scores are finite float32, one for each history and track; an empty history has scores too."""
    data = two_tastes()
    model = make().fit(data)
    histories = sp.csr_array(sp.vstack([data.histories, _row(data.n_tracks, [])]))
    scores = model.score(histories)
    assert scores.shape == histories.shape, "scores have another shape than histories"
    assert scores.dtype == np.float32, "scores are not float32"
    assert np.isfinite(scores).all(), "a score is not finite"


def inputs_are_left_alone(make: Factory) -> None:
    """Neither fitting nor recommending changes what was passed in."""
    data = two_tastes()
    before = data.histories.copy()
    make().fit(data).recommend(data.histories, 5)
    same = (before.data == data.histories.data).all() and (before.indices == data.histories.indices).all()
    assert same, "the histories were changed"


def age_changes_strengths_only(make: Factory) -> None:
    """With times in the data old preferences may say less, but none comes or goes; without, nothing changes."""
    data = two_tastes()
    days = np.arange(data.histories.nnz, dtype=np.float64)
    days[::7] = np.nan
    timed = replace(data, times=with_data(data.histories, days))
    model = make().fit(timed)
    aged = model.aged(timed.histories, timed.times)
    assert (aged.indptr == data.histories.indptr).all(), "ageing changes how many tracks a history has"
    assert (aged.indices == data.histories.indices).all(), "ageing changes which tracks a history has"
    assert (aged.data > 0).all(), "a preference aged to nothing"
    assert (aged.data <= data.histories.data).all(), "a preference grew with age"
    untimed = model.aged(data.histories, None)
    assert (untimed.toarray() == data.histories.toarray()).all(), "a history without times changes"


def tiny_data_is_no_accident(make: Factory) -> None:
    """One listener, one track, equal play counts, empty lists: fitted and asked without an error."""
    for pattern in ([[1.0]], [[1.0, 1.0]], [[1.0], [1.0]], [[3.0, 3.0, 0.0], [0.0, 3.0, 3.0]]):
        histories = sp.csr_array(np.array(pattern, dtype=np.float32))
        model = make().fit(TrainingData(histories))
        for k in (0, 3):
            shown = model.recommend(histories, k).indices
            assert shown.shape == (histories.shape[0], k), "the lists have another shape than asked for"


def explanations_sum_to_the_score(make: Factory) -> None:
    """Where a model explains itself, the parts of an explanation are exact: they add up to the score."""
    data = two_tastes()
    model = make().fit(data)
    if not isinstance(model, Explains):
        return
    history = _row(data.n_tracks, [0, 2, 3])
    scores = model.score(history)[0]
    for track in range(data.n_tracks):
        parts = model.contributions(history, track)
        assert {part.track for part in parts} <= {0, 2, 3}, "a part names a track outside the history"
        np.testing.assert_allclose(sum(part.amount for part in parts), scores[track], rtol=1e-4, atol=1e-5)


def similar_tracks_leave_the_track_out(make: Factory) -> None:
    """The tracks most like a track do not include it, and are ranked."""
    data = two_tastes()
    model = make().fit(data)
    if not isinstance(model, SimilarTracks):
        return
    lists = model.similar(0, 4)
    assert lists.indices.shape == (1, 4), "the list has another length than asked for"
    assert 0 not in lists.indices, "a track is similar to itself"
    assert (np.diff(lists.scores[0][lists.indices[0] != PAD]) <= 0).all(), "scores rise along the list"


def forgetting_is_fitting_without(make: Factory) -> None:
    """Where a model can forget listeners, what is left is what fitting without them gives; the model stays as it is."""
    data, rows = two_tastes(), np.array([0, 3])
    model = make().fit(data)
    if not isinstance(model, Forgets):
        return
    before = {name: array.copy() for name, array in model.arrays().items()}
    left, expected = model.forget(data, rows), make().fit(data.without(rows))
    for name, array in expected.arrays().items():
        np.testing.assert_allclose(left.arrays()[name], array, atol=1e-6, err_msg="somebody was not forgotten")
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(array, before[name], err_msg="forgetting changed the model itself")


#: Every promise that needs no folder.
PROMISES: tuple[Callable[[Factory], None], ...] = (
    lists_are_ranked_and_hold_no_repetition,
    history_never_comes_back,
    same_data_gives_same_lists,
    one_by_one_equals_all_at_once,
    scores_are_finite_and_shaped,
    inputs_are_left_alone,
    age_changes_strengths_only,
    tiny_data_is_no_accident,
    explanations_sum_to_the_score,
    similar_tracks_leave_the_track_out,
    forgetting_is_fitting_without,
)


def check_recommender(make: Factory, folder: Path) -> None:
    """Run the whole contract.

    Args:
        make: Gives a new, unfitted recommender.
        folder: An empty folder for what is stored.

    Raises:
        AssertionError: A promise is broken; the message says which.
    """
    for promise in PROMISES:
        promise(make)
    stored_arrays_bring_it_back(make, folder)


def _row(n_tracks: int, tracks: list[int]) -> sp.csr_array:
    dense = np.zeros((1, n_tracks), dtype=np.float32)
    dense[0, tracks] = 1.0
    return sp.csr_array(dense)


def _rows(lists: CandidateList) -> zip[tuple[np.ndarray, np.ndarray]]:
    return zip(lists.indices, lists.scores, strict=True)


def _assert_same(one: CandidateList, other: CandidateList, message: str) -> None:
    assert (one.indices == other.indices).all(), message
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5, atol=1e-6, err_msg=message)
