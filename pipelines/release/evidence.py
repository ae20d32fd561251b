"""What a promotion is decided on: everything that was measured about a challenger, and about whom it would replace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.leakage import LeakCheck
from pipelines.evaluation.report import EvaluationReport
from pipelines.release.measuring import Measurements
from pipelines.release.online import OnlineVerdict


@dataclass(frozen=True)
class ChampionRecord:
    """What the decision needs to know about the current champion.

    Attributes:
        candidate: Its recommender.
        bundle_id: Its bundle.
        data_id: Names the data it was trained on: the snapshot, and what of it was allowed to train.
        config_hash: The training configuration it came from.
        kept: The share of what it has learned that is about tracks the challenger knows, too.
        same_sources: Whether the challenger has learned from all the sources it came from.
    """

    candidate: str
    bundle_id: str
    data_id: str
    config_hash: str
    kept: float = 1.0
    same_sources: bool = True


@dataclass(frozen=True)
class Evidence:
    """Everything a decision rests on.

    Attributes:
        reports: The evaluation reports of the training.
        challenger: Name of the candidate that would be promoted.
        data_id: The data it was trained on.
        config_hash: The configuration it was trained with.
        champion: The champion; None for the first promotion.
        stand_in: Where the challenger is of the champion's recipe, what that does on the same folds when it has learned
            what the champion had (``pipelines.evaluation.stand_in``); None where that was not measured.
        segments: Which segments each listener belongs to, one row a listener; None where it was not kept.
        checks: Its behavioural checks.
        leaks: What was found among the folds that had leaked; none where nobody looked.
        measured: What serving it costs; None where it was not measured.
        newest: The time of the newest interaction; None where the data have no times.
        now: The time of the decision; None where the policy does not ask for fresh data.
        online: What listeners said about it as a canary; None where it was none.
    """

    reports: tuple[EvaluationReport, ...]
    challenger: str
    data_id: str
    config_hash: str
    champion: ChampionRecord | None = None
    stand_in: EvaluationReport | None = None
    segments: pd.DataFrame | None = None
    checks: tuple[BehaviourCheck, ...] = ()
    leaks: tuple[LeakCheck, ...] = ()
    measured: Measurements | None = None
    newest: datetime | None = None
    now: datetime | None = None
    online: OnlineVerdict | None = None
