"""What runs in MLflow say, made from results: settings and figures by name, and a description for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flows.artifacts import markdown_table
from pipelines.evaluation.report import PRIMARY_METRIC, EvaluationReport

_SHOWN = (PRIMARY_METRIC, "recall@20", "mrr")


def deciding(reports: Sequence[EvaluationReport], primary: str) -> EvaluationReport:
    """Return a candidate's report under the deciding protocol; the first one where the data do not allow that."""
    return next((report for report in reports if report.protocol == primary), reports[0])


def chosen(report: EvaluationReport) -> dict[str, Any]:
    """Return the hyper-parameters most folds chose, as ``model.<name>``: columns that runs can be compared by."""
    names = dict.fromkeys(name for params in report.params for name in params)
    common = {
        name: Counter(str(params[name]) for params in report.params if name in params).most_common(1)[0][0]
        for name in names
    }
    return {"model.recommender": report.candidate} | {f"model.{name}": value for name, value in common.items()}


def describe(reports: Sequence[EvaluationReport], primary: str, sources: str) -> str:
    """Return what people read first in a candidate's run, as Markdown.

    Args:
        reports: The candidate's reports, one a protocol.
        primary: The deciding protocol.
        sources: What the data are.
    """
    report = deciding(reports, primary)
    measured = report.metrics[PRIMARY_METRIC]
    names = [name for name in _SHOWN if name in report.metrics]
    lines = [[each.protocol, *(_interval(each, name) for name in names), _seconds(each)] for each in reports]
    sample = "" if report.share == 1 else f", a sample of {report.share_in_words}"
    head = (
        f"**{report.title}** on {sources}: {PRIMARY_METRIC} {measured.mean:.3f} over {measured.n:,} listeners{sample}."
    )
    settings = ", ".join(f"{name.removeprefix('model.')} {value}" for name, value in list(chosen(report).items())[1:])
    tried = f"\n\nMost folds chose: {settings}." if settings else ""
    return f"{head}\n\n{markdown_table(['protocol', *names, 'fit, s'], lines)}{tried}\n"


def figures(report: EvaluationReport) -> dict[str, float]:
    """Return a report's figures; MLflow groups them by what stands before the stroke."""
    found: dict[str, float] = {}
    for name, interval in report.metrics.items():
        key = f"{report.protocol}/{mlflow_name(name)}"
        found |= {key: interval.mean, f"{key}_low": interval.low, f"{key}_high": interval.high}
    found |= {f"{report.protocol}/{mlflow_name(name)}": value for name, value in report.summary.items()}
    found |= {
        f"{report.protocol}/listeners": report.metrics[PRIMARY_METRIC].n,
        f"{report.protocol}/share_tested": report.share,
    }
    return found | {f"{report.protocol}/seconds_{step}": value for step, value in report.seconds.items()}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings with dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def mlflow_name(metric: str) -> str:
    """Return a metric's name as MLflow allows it."""
    return metric.replace("@", "_at_")


def _interval(report: EvaluationReport, name: str) -> str:
    found = report.metrics[name]
    return "-" if math.isnan(found.mean) else f"{found.mean:.3f} ({found.low:.3f}-{found.high:.3f})"


def _seconds(report: EvaluationReport) -> str:
    return f"{report.seconds.get('fit', 0.0):.1f}"
