"""Laws of the nightly refresh, with a real recommender on small worlds: honest newer data pass, broken ones do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.data.vocabulary import Vocabulary
from pipelines.evaluation.report import build_reports
from pipelines.evaluation.run import evaluate
from pipelines.evaluation.splitting import make_splits
from pipelines.evaluation.stand_in import Learned, measure_stand_in, stand_in_report
from pipelines.release.policy import GuardRules, PowerRules
from pipelines.release.promotion import decide
from pipelines.testing.worlds import two_tastes_dataset
from tests.support.promotions import CHECKS, MEASURED, POLICY, champion, evidence

LISTENERS, TASTES, EACH = 900, 3, 12
RULES = EvaluationRules(folds=2, bootstrap=100, protocols=("unseen-users",))
RECIPE = CandidateConfig(name="item-knn", params={"neighbours": 10})
#: So many listeners, such a margin and such a lead that chance alone decides in none of thousands of worlds.
NIGHTLY = POLICY.model_copy(
    update={
        "baselines": ("popularity",),
        "min_gain": 0.18,
        "refresh_margin": 0.2,
        "strict": False,
        "power": PowerRules(least=0.0),
        "guard": GuardRules(divisions=()),
    }
)
TRACKS = np.array([f"t{number:02d}" for number in range(TASTES * EACH)], dtype=object)
USERS = np.array([f"u{number:04d}" for number in range(LISTENERS)], dtype=object)
seeds = st.integers(min_value=0, max_value=2**16)


def listening(rng, taste_of, tracks):
    """Every listener plays some tracks of one taste."""
    plays = np.zeros((LISTENERS, TASTES * EACH), dtype=np.float32)
    for listener, taste in enumerate(taste_of):
        plays[listener, taste * EACH + rng.permutation(EACH)[:tracks]] = rng.integers(1, 6, tracks)
    return plays


def dataset_of(plays, tracks=TRACKS):
    histories = sp.csr_array(plays)
    users, names = Vocabulary(USERS), Vocabulary(tracks)
    return replace(two_tastes_dataset(), histories=histories, ratings=histories, users=users, tracks=names, items={})


def refresh(then, plays, tracks=TRACKS):
    """Train the champion's recipe on today's data and decide, as the flows do."""
    dataset, learned = dataset_of(plays, tracks), Learned(RECIPE, USERS, TRACKS, sp.csr_array(then))
    splits = make_splits(dataset, RULES)
    candidates = (RECIPE, CandidateConfig(name="popularity"))
    results = [evaluate(each, dataset, split, RULES) for each in candidates for split in splits]
    stand_in = stand_in_report([measure_stand_in(learned, dataset, split, RULES) for split in splits], RULES)
    kept = then[:, np.isin(TRACKS, tracks)].astype(bool).sum() / then.astype(bool).sum()
    about = {"champion": champion(RECIPE.name, kept=kept), "stand_in": stand_in}
    return decide(evidence(*build_reports(results, RULES), checks=CHECKS, measured=MEASURED, **about), NIGHTLY)


@settings(max_examples=15)
@given(seeds, st.booleans())
def test_a_refresh_with_more_of_the_same_or_after_an_honest_drift_passes(seed, drift):
    rng = np.random.default_rng(seed)
    tastes = rng.permutation(np.arange(LISTENERS) % TASTES)
    then = listening(rng, tastes, 6)
    newer = listening(rng, (tastes + drift) % TASTES, 6)
    decision = refresh(then, then + newer)
    assert decision.promote, decision.reason


@settings(max_examples=15)
@given(seeds)
def test_a_refresh_on_shuffled_tracks_does_not(seed):
    rng = np.random.default_rng(seed)
    then = listening(rng, rng.permutation(np.arange(LISTENERS) % TASTES), 6)
    shuffled = np.array([row[rng.permutation(len(row))] for row in then])
    assert not refresh(then, shuffled).promote


@settings(max_examples=15)
@given(seeds)
def test_a_refresh_that_half_of_the_tracks_did_not_reach_does_not(seed):
    rng = np.random.default_rng(seed)
    tastes = rng.permutation(np.arange(LISTENERS) % TASTES)
    then = listening(rng, tastes, 6)
    plays = then + listening(rng, tastes, 6)
    half = np.sort(rng.permutation(len(TRACKS))[: len(TRACKS) // 2])
    decision = refresh(then, plays[:, half], TRACKS[half])
    assert not next(rule for rule in decision.rules if rule.name == "keeps the tracks").passed
