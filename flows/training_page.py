"""The page of a training: written beside its reports, logged to MLflow and linked from Prefect."""

from __future__ import annotations

from collections.abc import Mapping

from prefect.artifacts import create_link_artifact

from flows.latest import TrainingRecord
from flows.matrices import Plan
from flows.tracking import TrainingRun
from pipelines.atomic import write_text
from pipelines.evaluation.page import TrainingPage, render


def publish_page(page: TrainingPage, record: TrainingRecord, plan: Plan, tracked: TrainingRun) -> None:
    """Write the page and show it in MLflow and Prefect."""
    path = record.page(plan.home)
    write_text(path, render(page))
    tracked.log_page(path)
    # Most browsers open no file from a page that a server sent; the path can be copied.
    words = f"All about this training: {path}"
    create_link_artifact(path.as_uri(), link_text="Training report", key="training-report", description=words)


def page_facts(plan: Plan, record: TrainingRecord, facts: Mapping[str, int]) -> dict[str, str]:
    """Return what stands below the heading of the page: sizes, and what the training was made from."""
    most = plan.config.evaluation.listeners
    sizes = {name: f"{facts[name]:,}" for name in ("listeners", "tracks", "preferences")}
    return sizes | {
        "folds": f"{plan.config.evaluation.folds} of each protocol",
        "tested": "every listener" if most is None else f"at most {most:,} listeners of a fold",
        "intervals": f"{plan.config.evaluation.confidence:.0%}",
        "snapshot": record.snapshot_id,
        "configuration": record.config_hash,
        "finished": record.created_at,
    }
