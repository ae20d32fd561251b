"""From fold results to reports: one for each candidate and protocol, and the leaderboard over all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.atomic import write_text
from pipelines.config import COMPARED_AT, EvaluationRules
from pipelines.errors import CrossfadeError
from pipelines.evaluation.comparison import Interval, PairedTest, bootstrap_mean, compare_all
from pipelines.evaluation.metrics import column
from pipelines.evaluation.run import FoldResult
from pipelines.evaluation.segments import SegmentMean, segment_means
from pipelines.recommenders import recommender_type

PRIMARY_METRIC = column("ndcg", COMPARED_AT)
#: The file beside a training's record that holds its reports.
REPORTS = "reports.json"


@dataclass(frozen=True)
class EvaluationReport:
    """What one candidate did under one protocol, over all folds.

    Attributes:
        candidate: Name of the candidate.
        title: What people read.
        protocol: Name of the protocol.
        params: Hyper-parameters chosen in each fold.
        metrics: Mean over listeners and interval of each ranking metric.
        summary: Mean over folds of coverage, novelty, Gini index, popularity lift, rmse and mae.
        seconds: Total time of each step.
        users: One row a listener, one column a metric: the mean over the folds in which the listener was tested.
        segments: Mean and interval of the primary metric in every segment of the listeners.
        share: Of the listeners whom the folds could have tested, the share who were: less than 1 is a sample. Means and
            intervals are of those who were tested, and the intervals are as wide as so few listeners make them. What
            belongs to all lists together (coverage, the Gini index) counts fewer lists in a sample.
    """

    candidate: str
    title: str
    protocol: str
    params: tuple[dict[str, Any], ...]
    metrics: dict[str, Interval]
    summary: dict[str, float]
    seconds: dict[str, float]
    users: pd.DataFrame = field(repr=False)
    segments: tuple[SegmentMean, ...] = ()
    share: float = 1.0

    @property
    def share_in_words(self) -> str:
        """The share as people read it, to three digits: a sample of very many is a small part of a percent."""
        return f"{100 * self.share:.3g}%"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form without the single listeners."""
        return {
            "candidate": self.candidate,
            "title": self.title,
            "protocol": self.protocol,
            "params": list(self.params),
            "metrics": {name: vars(interval) for name, interval in self.metrics.items()},
            "summary": self.summary,
            "seconds": self.seconds,
            "segments": [asdict(mean) for mean in self.segments],
            "share": self.share,
        }


def build_reports(
    results: Iterable[FoldResult], rules: EvaluationRules, segments: pd.DataFrame | None = None
) -> tuple[EvaluationReport, ...]:
    """Return a report for every candidate and protocol, in the order in which they first appear.

    Args:
        results: What every candidate did on every fold.
        rules: Resamples, confidence and seed of the intervals.
        segments: Which segments each listener belongs to (``listener_segments``); without them there are no means by
            segment.
    """
    groups: dict[tuple[str, str], list[FoldResult]] = {}
    for result in results:
        groups.setdefault((result.candidate, result.protocol), []).append(result)
    return tuple(_report(sorted(group, key=lambda result: result.fold), rules, segments) for group in groups.values())


def leaderboard(reports: Sequence[EvaluationReport]) -> pd.DataFrame:
    """Return one row a report, best first within each protocol, with means, intervals and times."""
    rows = [
        {
            "protocol": report.protocol,
            "candidate": report.candidate,
            "title": report.title,
            **{name: interval.mean for name, interval in report.metrics.items()},
            f"{PRIMARY_METRIC} low": report.metrics[PRIMARY_METRIC].low,
            f"{PRIMARY_METRIC} high": report.metrics[PRIMARY_METRIC].high,
            **report.summary,
            "listeners": report.metrics[PRIMARY_METRIC].n,
            "share tested": report.share,
            "fit seconds": report.seconds.get("fit", 0.0),
        }
        for report in reports
    ]
    frame = pd.DataFrame(rows)
    return frame.sort_values(["protocol", PRIMARY_METRIC], ascending=[False, False], ignore_index=True)


def best(reports: Sequence[EvaluationReport], protocol: str) -> EvaluationReport:
    """Return the report with the highest primary metric under a protocol; ties go to the earlier candidate."""
    among = [report for report in reports if report.protocol == protocol]
    return max(among, key=lambda report: np.nan_to_num(report.metrics[PRIMARY_METRIC].mean, nan=-1.0))


def paired_tests(reports: Sequence[EvaluationReport], protocol: str, rules: EvaluationRules) -> tuple[PairedTest, ...]:
    """Return who beats whom on the primary metric under a protocol, listener by listener, corrected after Holm."""
    values = {report.candidate: report.users[PRIMARY_METRIC] for report in reports if report.protocol == protocol}
    return compare_all(values, resamples=rules.bootstrap, confidence=rules.confidence, seed=rules.seed)


def ranking_flips(reports: Sequence[EvaluationReport]) -> tuple[str, ...]:
    """Return a sentence for each pair of candidates that two protocols order differently beyond their intervals."""
    by_protocol: dict[str, dict[str, EvaluationReport]] = {}
    for report in reports:
        by_protocol.setdefault(report.protocol, {})[report.candidate] = report
    protocols = list(by_protocol)
    flips = []
    for i, first in enumerate(protocols):
        for second in protocols[i + 1 :]:
            shared = [name for name in by_protocol[first] if name in by_protocol[second]]
            for j, one in enumerate(shared):
                for other in shared[j + 1 :]:
                    here = _order(by_protocol[first][one], by_protocol[first][other])
                    there = _order(by_protocol[second][one], by_protocol[second][other])
                    if here * there < 0:
                        flips.append(f"{one} and {other} are ordered differently under {first} and {second}")
    return tuple(flips)


def save_reports(folder: Path, reports: Sequence[EvaluationReport]) -> None:
    """Write reports so that ``load_reports`` gives them back: one JSON file, with the listeners' metrics inside."""
    content = [report.to_json() | {"users": report.users.to_dict(orient="split")} for report in reports]
    write_text(folder / REPORTS, json.dumps(content))


def load_reports(folder: Path) -> tuple[EvaluationReport, ...]:
    """Read what ``save_reports`` wrote.

    Raises:
        CrossfadeError: There are no readable reports.
    """
    path = folder / REPORTS
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return tuple(_from_json(entry) for entry in entries)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CrossfadeError(
            "there are no readable evaluation reports", where=str(path), remedy="Run 'crossfade train'"
        ) from error


def _from_json(entry: dict[str, Any]) -> EvaluationReport:
    users = pd.DataFrame(entry["users"]["data"], columns=entry["users"]["columns"], index=entry["users"]["index"])
    users.index.name = "listener"
    metrics = {name: Interval(**values) for name, values in entry["metrics"].items()}
    # Trainings of earlier releases kept no segments.
    segments = tuple(
        SegmentMean(mean["division"], mean["segment"], Interval(**mean["interval"]))
        for mean in entry.get("segments", ())
    )
    read = {"params": tuple(entry["params"]), "metrics": metrics, "users": users.astype(float), "segments": segments}
    return EvaluationReport(**{**entry, **read})


def _report(group: list[FoldResult], rules: EvaluationRules, segments: pd.DataFrame | None) -> EvaluationReport:
    users = pd.concat([result.users for result in group]).groupby(level=0).mean()
    intervals = {
        str(name): bootstrap_mean(
            users[name].to_numpy(), resamples=rules.bootstrap, confidence=rules.confidence, seed=rules.seed
        )
        for name in users.columns
    }
    first = group[0]
    return EvaluationReport(
        candidate=first.candidate,
        title=recommender_type(first.candidate).title,
        protocol=first.protocol,
        params=tuple(result.params for result in group),
        metrics=intervals,
        summary={key: float(np.mean([result.summary[key] for result in group])) for key in first.summary},
        seconds={key: float(sum(result.seconds[key] for result in group)) for key in first.seconds},
        users=users,
        segments=() if segments is None else segment_means(users, segments, PRIMARY_METRIC, rules),
        share=_share_tested(group),
    )


def _share_tested(group: Iterable[FoldResult]) -> float:
    tested, could = zip(*((len(result.users), result.of or len(result.users)) for result in group), strict=True)
    return sum(tested) / sum(could) if sum(could) else 1.0


def _order(one: EvaluationReport, other: EvaluationReport) -> int:
    """Return 1 where ``one`` is clearly better, -1 where it is clearly worse, 0 where the intervals overlap."""
    a, b = one.metrics[PRIMARY_METRIC], other.metrics[PRIMARY_METRIC]
    return int(a.low > b.high) - int(a.high < b.low)
