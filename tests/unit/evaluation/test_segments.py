"""Segments of four listeners and five tracks, by arithmetic."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from pipelines.config import EvaluationRules
from pipelines.evaluation.segments import listener_segments, segment_means, tail_tracks, track_recalls
from pipelines.testing.worlds import catalogue_of, two_tastes_dataset

RULES = EvaluationRules(bootstrap=100)


def dataset_of(plays, sources):
    tracks = [f"t{number}" for number in range(len(sources))]
    histories = sp.csr_array(np.array(plays, dtype=np.float32))
    return dataclasses.replace(
        two_tastes_dataset(), histories=histories, catalogue=catalogue_of(tracks, source=sources)
    )


# Listeners of the tracks: 4, 2, 2, 1, 1. A fifth of ten preferences is two: the last two tracks are the tail.
PLAYS = [[1, 0, 0, 0, 0], [2, 1, 0, 0, 0], [3, 1, 5, 0, 0], [1, 0, 1, 9, 1]]
DATASET = dataset_of(PLAYS, ["a", "a", "b", "b", "b"])


def test_listeners_are_cut_into_thirds():
    segments = listener_segments(DATASET)
    assert segments["history length"].tolist() == ["up to 2 tracks"] * 2 + ["over 2 to 3 tracks", "over 3 tracks"]
    # 1, 3, 9 and 12 plays.
    assert segments["activity"].tolist() == ["up to 3 plays"] * 2 + ["over 3 to 9 plays", "over 9 plays"]
    # Only the last one, half of whose history it is, plays anything of the tail.
    assert segments["long-tail share"].tolist() == ["up to 0.0%"] * 3 + ["over 0.0%"]


def test_the_source_is_the_one_of_most_tracks():
    assert listener_segments(DATASET)["source"].tolist() == ["a", "a", "a", "b"]


def test_a_division_with_one_part_is_left_out():
    alike = dataset_of([[1, 1], [1, 1]], ["a", "a"])
    assert list(listener_segments(alike).columns) == []


def test_the_tail_holds_a_fifth_of_the_preferences():
    assert tail_tracks(DATASET.histories).tolist() == [False, False, False, True, True]


def test_means_are_those_of_the_segments_listeners():
    segments = listener_segments(DATASET)
    users = pd.DataFrame({"ndcg@10": [0.0, 1.0, 0.25, np.nan]})
    found = {(mean.division, mean.segment): mean.interval for mean in segment_means(users, segments, "ndcg@10", RULES)}
    assert found["history length", "up to 2 tracks"].mean == pytest.approx(0.5)
    assert found["source", "a"].n == 3
    assert found["source", "a"].mean == pytest.approx(1.25 / 3)
    assert found["source", "b"].n == 0


def test_recall_counts_only_tracks_of_the_kind():
    # Held out: tracks 0 and 3, then 4, then 1. Tail: 3 and 4. All but none have fewer than five listeners: cold.
    held_out = sp.csr_array(np.array([[1, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 1, 0, 0, 0]], dtype=float))
    found = track_recalls(np.array([[0, 1], [4, 0], [1, 2]]), held_out, DATASET.histories, longest=2)
    np.testing.assert_allclose(found["tail_recall@2"], [0, 1, np.nan])
    np.testing.assert_allclose(found["cold_recall@2"], [1 / 2, 1, 1])


def test_a_track_with_five_training_listeners_is_not_cold():
    train = sp.csr_array(np.array([[1, 1]] * 4 + [[1, 0]], dtype=float))
    held_out = sp.csr_array(np.array([[1, 1]], dtype=float))
    assert track_recalls(np.array([[1]]), held_out, train, longest=1)["cold_recall@1"].tolist() == [1]
