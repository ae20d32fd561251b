"""Learning curves of a training: a task a candidate, one after the other, because each watches the memory it takes."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.artifacts import curves_markdown
from flows.matrices import Plan, matrices
from flows.progress import tell
from flows.tracking import TrainingRun
from flows.work_time import working
from pipelines.evaluation.learning import CurvePoint, learning_curve
from pipelines.evaluation.report import EvaluationReport
from pipelines.evaluation.splitting import UNSEEN_USERS


def draw_curves(plan: Plan, reports: Sequence[EvaluationReport], tracked: TrainingRun) -> tuple[CurvePoint, ...]:
    """Measure every candidate on growing parts of the first fold of unseen listeners, and show it.

    The hyper-parameters are those the candidate chose on that fold. Without such folds there are no curves.
    """
    if (UNSEEN_USERS, 0) not in matrices(plan).splits:
        return ()
    among = [report for report in reports if report.protocol == UNSEEN_USERS]
    points: list[CurvePoint] = []
    for done, report in enumerate(among, start=1):
        points += learn(plan, report.candidate, report.params[0])
        tell("learn", report.title, done=done, total=len(among))
    tell("learn", f"{len(among)} candidates on growing parts of the listeners", done=len(among), total=len(among))
    tracked.log_curves(points)
    create_markdown_artifact(
        curves_markdown(points), key="learning-curve", description="What more listeners would bring"
    )
    return tuple(points)


@task(name="learn", task_run_name="learning curve of {candidate}", cache_policy=NO_CACHE, persist_result=False)
def learn(plan: Plan, candidate: str, params: dict[str, object]) -> tuple[CurvePoint, ...]:
    """Fit one candidate on growing parts of the training listeners of the first fold."""
    prepared = matrices(plan)
    with working("fit"):
        return learning_curve(
            candidate, params, prepared.dataset, prepared.splits[UNSEEN_USERS, 0], plan.config.evaluation
        )
