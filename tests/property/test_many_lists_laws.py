"""Lists for many are the lists that the bundle gives each of them, whatever the histories and the length."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.recommenders.one_history import History
from pipelines.recommenders.ranking import PAD
from pipelines.release.ranking_many import rank_many
from tests.support.tiny_world import TRACKS, write_tiny_bundle

HISTORIES = st.lists(
    st.lists(st.sampled_from([0, 0, 1, 4]), min_size=len(TRACKS), max_size=len(TRACKS)), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles")
    return {name: write_tiny_bundle(folder, name) for name in ("slim", "hybrid", "als", "popularity")}


@pytest.mark.parametrize("name", ["slim", "hybrid", "als", "popularity"])
@given(plays=HISTORIES, k=st.integers(1, len(TRACKS) + 2))
@settings(max_examples=60, deadline=None)
def test_ranked_together_is_ranked_alone(bundles, name, plays, k):
    bundle, histories = bundles[name], sp.csr_array(np.array(plays, dtype=np.float32))
    lists = rank_many(bundle, histories, k)
    for row, own in enumerate(plays):
        tracks = np.flatnonzero(own)
        alone = bundle.rank(History(tracks, np.array(own, dtype=np.float32)[tracks]), k)
        there = lists.indices[row] != PAD
        assert lists.indices[row, there].tolist() == alone.tracks.tolist()
        np.testing.assert_allclose(lists.scores[row, there], alone.scores, rtol=1e-5)
        assert not there[len(alone.tracks) :].any()


WEIGHTS = st.one_of(st.sampled_from([0.0, -1.0, float("nan"), float("inf")]), st.floats(0.25, 1e6, width=32))
NAMED = st.dictionaries(st.sampled_from([*(track[0] for track in TRACKS), "unknown", ""]), WEIGHTS, max_size=6)


@given(several=st.lists(NAMED, max_size=5))
@settings(max_examples=100, deadline=None)
def test_read_together_is_what_each_encodes_alone(bundles, several):
    bundle = bundles["slim"]
    for history, read in zip(several, bundle.histories_of(several), strict=True):
        row = bundle.encode([history])
        assert read.history.tracks.tolist() == row.indices.tolist()
        assert read.history.plays.tolist() == row.data.tolist()
        assert read.indices.tolist() == bundle.indices(history).tolist()
