"""Cold tracks: no model sees them played, and what it finds of them is counted."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.testing import cold_tracks
from pipelines.testing.cold_tracks import cold_recalls
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=4)


class Oracle:
    """Scores tracks by how few people play them: what nobody plays comes first, or last. Notes what it was shown."""

    def __init__(self, sign):
        self.sign, self.trained, self.shown = sign, [], []

    def fit(self, data):
        self.trained.append(data.histories)
        self._listeners = np.bincount(data.histories.indices, minlength=data.n_tracks)
        return self

    def score(self, histories):
        self.shown.append(histories)
        return np.tile(-self.sign * self._listeners.astype(np.float32), (histories.shape[0], 1))


@pytest.mark.parametrize(("sign", "among_all"), [(1, 1.0), (-1, 0.0)])
def test_what_is_found_of_tracks_nobody_played(monkeypatch, sign, among_all):
    oracle = Oracle(sign)
    monkeypatch.setattr(cold_tracks, "build", lambda *_: oracle)
    monkeypatch.setattr(cold_tracks, "CUTOFF", 1)
    (found,) = cold_recalls(two_tastes_dataset(), {"oracle": CandidateConfig(name="content")}, RULES)
    # A tenth of twelve tracks is one: alone it is always found, among all where the oracle puts it first.
    assert (found.among_all, found.among_cold) == (among_all, 1.0)
    assert (found.chance_all, found.chance_cold) == (1 / 12, 1.0)
    assert len(oracle.trained) == RULES.folds
    played = sum(np.bincount(matrix.indices, minlength=12) for matrix in [*oracle.trained, *oracle.shown])
    assert (played == 0).sum() == 1
