"""Evidence for promotions, made from a level and some noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.config import EvaluationRules
from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.leakage import LeakCheck
from pipelines.evaluation.report import EvaluationReport, build_reports
from pipelines.evaluation.run import FoldResult
from pipelines.release.evidence import ChampionRecord, Evidence
from pipelines.release.measuring import Measurements
from pipelines.release.policy import PromotionPolicy
from pipelines.release.promotion import decide

POLICY = PromotionPolicy(resamples=200, strict=True)
METRIC = POLICY.metric
NOISE = np.random.default_rng(0).normal(scale=0.1, size=400)
_SECONDS = dict.fromkeys(("select", "fit", "rank", "measure"), 0.0)
_RULES = EvaluationRules(bootstrap=100)
CHECKS = tuple(BehaviourCheck(name, 1.0, 0.9, passed=True, sentence="") for name in POLICY.behaviour.must_pass)
MEASURED = Measurements(latency_ms=5.0, memory_mb=300.0, bundle_mb=20.0)


def report(candidate: str, values: float | Sequence[float] | np.ndarray) -> EvaluationReport:
    """Return the report of a candidate: its metric for each listener, or a level with noise."""
    users = pd.DataFrame({METRIC: values + NOISE if isinstance(values, float) else np.asarray(values, dtype=float)})
    return build_reports([FoldResult(candidate, POLICY.protocol, 0, {}, users, {}, _SECONDS)], _RULES)[0]


def champion(candidate: str = "slim", data_id: str = "old-data", **others: object) -> ChampionRecord:
    return replace(ChampionRecord(candidate, "bundle", data_id, "config"), **others)


def halves(n: int) -> pd.DataFrame:
    """Put every other of n listeners into one of two segments of each guarded division."""
    names = np.where(np.arange(n) % 2, "odd", "even")
    return pd.DataFrame(dict.fromkeys(POLICY.guard.divisions, names))


def evidence(*reports: EvaluationReport, **others: object) -> Evidence:
    """Return evidence about the first report's candidate with which nothing else is wrong."""
    about = Evidence(
        reports=reports,
        challenger=reports[0].candidate,
        data_id="new-data",
        config_hash="config",
        segments=halves(len(reports[0].users)),
        checks=CHECKS,
        leaks=(LeakCheck(POLICY.protocol, 0, pairs=0, listeners=100, twins=0),),
        measured=MEASURED,
    )
    return replace(about, **others)


#: Two simple candidates that a challenger has to beat.
BASELINES = (report("popularity", 0.1), report("item-knn", 0.2))


def decide_for(level, *others, policy=POLICY, challenger="hybrid", **about):
    """Decide about a challenger of a level, beside the baselines and others."""
    return decide(evidence(report(challenger, level), *BASELINES, *others, **about), policy)


def changed(**sections):
    """Return the policy with other sections."""
    return POLICY.model_copy(update=sections)


def rule(decision, name):
    """Return a rule of a decision by its name."""
    return next(each for each in decision.rules if each.name == name)
