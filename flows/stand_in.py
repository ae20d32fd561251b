"""What the champion would do on a training's folds: measured with the candidates, kept beside their reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from prefect import task
from prefect.context import TaskRunContext

from flows.matrices import Plan, forget_matrices, matrices, name_of_fold
from flows.progress import tell
from flows.runners import spread
from flows.settings import Settings
from flows.work_time import working
from pipelines.config import Protocol
from pipelines.data.succession import present_name
from pipelines.evaluation.report import EvaluationReport, load_reports, save_reports
from pipelines.evaluation.run import FoldResult
from pipelines.evaluation.stand_in import measure_stand_in, stand_in_report
from pipelines.home import Home
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import bundle_path
from pipelines.release.refreshing import learned_by

#: A folder beside a training's reports, with the name of the bundle after it: the same files, about the champion.
STAND_IN: Final = "stand-in-"


def stand_in_for(plan: Plan, bundle_id: str, protocol: Protocol, settings: Settings) -> EvaluationReport | None:
    """Measure what a champion would do on the folds of a protocol, several at a time.

    Returns:
        None where the data do not allow the protocol, or nothing of what the champion has learned is about them.
    """
    folds = [fold for name, fold in matrices(plan).splits if name == protocol]
    if not folds:
        return None
    tell("evaluate", "what the champion would do")
    wanted = [{"plan": plan, "bundle_id": bundle_id, "protocol": protocol, "fold": fold} for fold in folds]
    with spread(settings, bundle_path(plan.home, bundle_id), forget=forget_matrices) as runner:
        futures = [runner.submit(measure_champion, each) for each in wanted]
        return stand_in_report([future.result() for future in futures], plan.config.evaluation)


def stand_in_keys(plan: Plan, bundle_id: str, protocol: str) -> frozenset[str]:
    """Return the keys under which the measurements are kept."""
    return frozenset(plan.stand_in_key(bundle_id, protocol, fold) for fold in range(plan.config.evaluation.folds))


def save_stand_in(folder: Path, bundle_id: str, report: EvaluationReport) -> None:
    """Keep what a champion would do beside a training's reports."""
    save_reports(folder / f"{STAND_IN}{bundle_id}", [report])


def load_stand_in(folder: Path, bundle_id: str, home: Home) -> EvaluationReport | None:
    """Return what a champion would do on a training's folds; None where it was not measured.

    Raises:
        CrossfadeError: What was kept is damaged.
    """
    for path in sorted(folder.glob(f"{STAND_IN}*")):
        # When somebody is forgotten the champion is written anew; what it would do was measured under its old name.
        if present_name(home.bundles, path.name.removeprefix(STAND_IN)) == bundle_id:
            return load_reports(path)[0]
    return None


def _key(_context: TaskRunContext, parameters: dict[str, Any]) -> str:
    plan: Plan = parameters["plan"]
    return plan.stand_in_key(parameters["bundle_id"], parameters["protocol"], parameters["fold"])


@task(
    name="measure the champion",
    task_run_name=name_of_fold,
    cache_key_fn=_key,
    persist_result=True,
)
def measure_champion(plan: Plan, bundle_id: str, protocol: str, fold: int) -> FoldResult | None:
    """Measure what a champion would do on one fold; a kept result is taken."""
    prepared = matrices(plan)
    with working("fit"):
        learned = learned_by(read_bundle(bundle_path(plan.home, bundle_id)))
        return measure_stand_in(learned, prepared.dataset, prepared.splits[protocol, fold], plan.config.evaluation)
