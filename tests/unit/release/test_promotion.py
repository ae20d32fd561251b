from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.config import EvaluationRules
from pipelines.evaluation.report import EvaluationReport, build_reports
from pipelines.evaluation.run import FoldResult
from pipelines.release.promotion import ChampionRecord, PromotionPolicy, decide

POLICY = PromotionPolicy(resamples=200)
DATA = {"data_id": "new-data", "config_hash": "config"}
NOISE = np.random.default_rng(0).normal(scale=0.1, size=400)


def report(candidate: str, level: float) -> EvaluationReport:
    users = pd.DataFrame({"ndcg@10": level + NOISE})
    seconds = dict.fromkeys(("select", "fit", "rank", "measure"), 0.0)
    result = FoldResult(candidate, "unseen-users", 0, {}, users, {}, seconds)
    return build_reports([result], EvaluationRules(bootstrap=100))[0]


BASELINES = (report("popularity", 0.1), report("item-knn", 0.2))


def champion(candidate="slim", data_id="old-data", metric=0.3):
    return ChampionRecord(candidate, "bundle", data_id, "config", metric)


def decide_for(level, *others, against=None, challenger="hybrid"):
    return decide([report(challenger, level), *BASELINES, *others], challenger, POLICY, against, **DATA)


def test_the_first_model_that_beats_the_baselines_is_promoted():
    decision = decide_for(0.3)
    assert decision.promote
    assert [rule.name for rule in decision.rules] == ["beats popularity", "beats item-knn"]
    assert decision.reason == "hybrid passes all 2 rules"


def test_a_model_no_better_than_a_baseline_is_refused_with_the_figures():
    decision = decide_for(0.2)
    assert not decision.promote
    assert "does not clearly beat item-knn: ndcg@10" in decision.reason
    assert decision.rules[1].figures["mean"] == pytest.approx(0.0)


def test_a_champion_of_another_recipe_is_met_on_the_same_folds():
    assert decide_for(0.35, report("slim", 0.3), against=champion("slim")).promote
    refused = decide_for(0.3, report("slim", 0.35), against=champion("slim"))
    assert not refused.promote
    assert refused.rules[-1].name == "beats the champion"


def test_the_champions_old_figure_is_no_advantage_and_no_burden():
    # Whatever the champion had when it was promoted: what counts is its recipe on these folds.
    for old_figure in (0.01, 0.99):
        assert decide_for(0.35, report("slim", 0.3), against=champion("slim", metric=old_figure)).promote


def test_a_champion_whose_recipe_was_not_evaluated_is_not_replaced():
    decision = decide_for(0.35, against=champion("als"))
    assert not decision.promote
    assert "als was not evaluated" in decision.reason


def test_the_champion_on_the_same_data_is_not_promoted_again():
    decision = decide_for(0.3, against=champion("hybrid", data_id="new-data"))
    assert not decision.promote
    assert "is the champion already" in decision.reason


def test_the_champions_recipe_is_refreshed_on_newer_data_unless_it_got_worse():
    level = float(report("hybrid", 0.3).metrics["ndcg@10"].mean)
    assert decide_for(0.3, against=champion("hybrid", metric=level / 0.96)).promote
    assert not decide_for(0.3, against=champion("hybrid", metric=level / 0.94)).promote


def test_a_challenger_nobody_evaluated_is_refused():
    decision = decide(BASELINES, "hybrid", POLICY, **DATA)
    assert not decision.promote
    assert decision.rules[0].sentence == "hybrid was not evaluated under unseen-users"


def test_the_least_gain_is_asked_of_the_whole_interval():
    # The gain over item-knn is 0.1, half of its mean: more than a tenth, not more than six tenths.
    for share, promoted in ((0.1, True), (0.6, False)):
        policy = PromotionPolicy(resamples=200, min_gain=share)
        assert decide([report("hybrid", 0.3), *BASELINES], "hybrid", policy, **DATA).promote is promoted
