from __future__ import annotations

from flows.matrices import Matrices
from pipelines.config import EvaluationRules
from pipelines.evaluation.splitting import make_splits
from pipelines.testing.worlds import two_tastes_dataset


def test_a_protocol_that_the_data_does_not_allow_is_named():
    dataset, rules = two_tastes_dataset(), EvaluationRules(folds=2, protocols=("unseen-users", "time"))
    prepared = Matrices(dataset, {(split.protocol, split.fold): split for split in make_splits(dataset, rules)})
    assert prepared.left_out(rules) == ("time",)
    assert prepared.left_out(EvaluationRules(protocols=("unseen-users",))) == ()
