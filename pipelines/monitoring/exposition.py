"""A report in Prometheus' text format: every figure a gauge, written whole to one file below the home folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from pipelines.monitoring.checks import MonitoringReport
from pipelines.monitoring.kinds import BREACH, BREACHES, KINDS, LAST_RUN, THRESHOLD, Metric

_Sample = tuple[Metric, Sequence[str], float]


def exposition(report: MonitoringReport) -> str:
    """Return a report as Prometheus reads it; what is not known is left out, so that its series ends."""
    lines: dict[Metric, list[str]] = {}
    for metric, values, figure in _samples(report):
        if math.isfinite(figure):
            lines.setdefault(metric, []).append(f"{metric.name}{_labels(metric, values)} {figure!r}")
    return "".join(
        f"# HELP {metric.name} {metric.words}\n# TYPE {metric.name} gauge\n" + "".join(f"{line}\n" for line in own)
        for metric, own in lines.items()
    )


def _samples(report: MonitoringReport) -> Iterator[_Sample]:
    for check in report.checks:
        metric = KINDS[check.kind].metric
        yield metric, [check.subject][: len(metric.labels)], float(check.figure)
        yield THRESHOLD, [check.kind, check.subject], float(check.threshold)
        yield BREACH, [check.group, check.kind, check.subject], float(check.verdict == "breach")
    for group, checks in report.groups.items():
        yield BREACHES, [group], float(sum(check.verdict == "breach" for check in checks))
    yield LAST_RUN, [], datetime.fromisoformat(report.at).timestamp()


def _labels(metric: Metric, values: Sequence[str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(metric.labels, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
