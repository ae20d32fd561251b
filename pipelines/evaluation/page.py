"""One self-contained HTML page about a training: figures, charts, behaviour and example lists; light and dark."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from pipelines.evaluation import svg
from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.comparison import PairedTest
from pipelines.evaluation.html import figure, open_table, section, table, words
from pipelines.evaluation.learning import CurvePoint
from pipelines.evaluation.report import PRIMARY_METRIC, EvaluationReport

_STYLE = Path(__file__).with_name("page.css")
#: The two tables of a protocol: metric or summary -> heading; those that were not measured are left out.
_ACCURACY = {
    "ndcg@10": "nDCG@10",
    "precision@10": "precision@10",
    "recall@10": "recall@10",
    "recall@20": "recall@20",
    "map@10": "MAP@10",
    "mrr@10": "MRR@10",
    "hit_rate@10": "hit rate@10",
    "rmse": "RMSE",
    "mae": "MAE",
}
_LISTS = {
    "coverage@10": "coverage",
    "gini@10": "Gini",
    "popularity_lift@10": "popularity lift",
    "novelty@10": "novelty, bits",
    "diversity@10": "diversity",
    "miscalibration@10": "miscalibration, bits",
    "tail_recall@20": "recall@20, tail",
    "cold_recall@20": "recall@20, cold",
}
_COVERAGE = "coverage@10"
_VERDICTS = {True: ("good", "passed"), False: ("bad", "failed"), None: ("quiet", "not measured")}


@dataclass(frozen=True)
class ExampleTrack:
    """A recommended track, and the tracks of the history it comes from with their shares of its score."""

    title: str
    reasons: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Example:
    """A listener without a name: the most played tracks of the history, and the list made from it."""

    history: tuple[str, ...]
    tracks: tuple[ExampleTrack, ...]


@dataclass(frozen=True)
class TrainingPage:
    """All that stands on the page.

    Attributes:
        title: The heading.
        facts: What the training was made from, name -> value.
        reports: The reports of every candidate and protocol.
        primary: The protocol that decides.
        winner: Name of the best candidate.
        tests: Who beats whom under it.
        flips: A sentence for each pair of candidates that the protocols order differently.
        curves: What each candidate does on growing parts of the training listeners.
        checks: The winner's behaviour.
        examples: Some listeners with the winner's lists.
    """

    title: str
    facts: Mapping[str, str]
    reports: Sequence[EvaluationReport]
    primary: str
    winner: str
    tests: Sequence[PairedTest] = ()
    flips: Sequence[str] = ()
    curves: Sequence[CurvePoint] = ()
    checks: Sequence[BehaviourCheck] = ()
    examples: Sequence[Example] = ()


def render(page: TrainingPage) -> str:
    """Return the page as HTML; everything that came from data is escaped."""
    deciding = _ordered(page, page.primary)
    sections = [
        section("Leaderboard", words(page.primary), _leaderboard(page, deciding)),
        section(
            "Accuracy against coverage",
            "Further up finds more of what listeners play; further right shows more of the catalogue.",
            svg.scatter(
                [(_mark(page, report), report.summary.get(_COVERAGE, 0.0)) for report in deciding],
                "coverage: share of the catalogue in anybody's first ten",
                PRIMARY_METRIC,
            ),
        ),
        section(
            "Who beats whom",
            "Gain of the row over the column where it is clear: paired t-test over listeners, corrected after Holm.",
            _matrix(deciding, page.tests),
        ),
        section("By segment", f"Mean {PRIMARY_METRIC} of the listeners of each segment.", _heat_map(deciding)),
        *_protocols(page, deciding),
        section(
            "Learning curve",
            "One fold, fitted on an eighth, a quarter, half and all of the training listeners. Where a curve still "
            "rises at its end, more listeners would help.",
            _curves(page, deciding),
        ),
        section("Time to fit", "All folds together, choosing hyper-parameters included.", _fit_times(page, deciding)),
        section(
            "Memory to fit",
            "The most that the process held for one fit, above what it held before.",
            _fit_memory(page, deciding),
        ),
        section("Behaviour of the winner", "What it makes of histories that change a little.", _behaviour(page)),
        section("Example listeners", "Some of their tracks, and what they are shown.", _examples(page)),
    ]
    facts = " · ".join(f"{escape(name)}: {escape(value)}" for name, value in page.facts.items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n"
        f'<main>\n<h1>{escape(page.title)}</h1>\n<p class="quiet">{facts}</p>\n{"".join(filter(None, sections))}'
        "</main>\n</body>\n</html>\n"
    )


def _ordered(page: TrainingPage, protocol: str) -> list[EvaluationReport]:
    """Return the reports of a protocol, best first."""
    among = [report for report in page.reports if report.protocol == protocol]
    return sorted(among, key=lambda report: -_value(report, PRIMARY_METRIC, otherwise=0.0))


def _leaderboard(page: TrainingPage, deciding: Sequence[EvaluationReport]) -> str:
    chart = svg.intervals([_mark(page, report) for report in deciding], f"{PRIMARY_METRIC}, mean and interval")
    parts = [chart]
    for protocol in dict.fromkeys(report.protocol for report in page.reports):
        first = next(report for report in page.reports if report.protocol == protocol)
        of_whom = "" if first.share == 1 else f", {first.share_in_words} of the listeners tested"
        parts.append(f"<h3>{escape(words(protocol) + of_whom)}</h3>")
        parts += [_figures(page, _ordered(page, protocol), columns) for columns in (_ACCURACY, _LISTS)]
    return "".join(parts)


def _figures(page: TrainingPage, reports: Sequence[EvaluationReport], columns: Mapping[str, str]) -> str:
    """Return a table of those of the columns that were measured."""
    measured = [name for name in columns if any(math.isfinite(_value(report, name)) for report in reports)]
    rows = [[report.title, *(figure(_value(report, name)) for name in measured)] for report in reports]
    accents = [report.candidate == page.winner for report in reports]
    return f"{table(['candidate', *(columns[name] for name in measured)], rows, accents)}<br>"


def _matrix(deciding: Sequence[EvaluationReport], tests: Sequence[PairedTest]) -> str:
    gains = {(test.better, test.other): f"{test.gain.mean:+.3f}" for test in tests if test.clear}
    rows = [
        [
            row.title,
            *("" if row is column else gains.get((row.candidate, column.candidate), "·") for column in deciding),
        ]
        for row in deciding
    ]
    return table(["beats", *(report.title for report in deciding)], rows) if tests else ""


def _heat_map(deciding: Sequence[EvaluationReport]) -> str:
    """Return one table a division of the listeners, coloured on one scale."""
    means = [mean.interval.mean for report in deciding for mean in report.segments]
    top = max((mean for mean in means if math.isfinite(mean)), default=0.0)
    parts = []
    for division in dict.fromkeys(mean.division for report in deciding for mean in report.segments):
        of_division = [[mean for mean in report.segments if mean.division == division] for report in deciding]
        header = [division, *(f"{mean.segment} ({mean.interval.n:,})" for mean in of_division[0])]
        lines = []
        for report, own in zip(deciding, of_division, strict=True):
            cells = "".join(_heat(mean.interval.mean, mean.interval.low, mean.interval.high, top) for mean in own)
            lines.append(f"<tr><td>{escape(report.title)}</td>{cells}</tr>")
        parts.append(f"{open_table(header)}{''.join(lines)}</table></div><br>")
    return "".join(parts)


def _heat(mean: float, low: float, high: float, top: float) -> str:
    share = mean / top if top > 0 and math.isfinite(mean) else 0.0
    interval = f"{low:.3f} to {high:.3f}"
    return f'<td class="heat" style="--share: {share:.3f}" title="{interval}">{figure(mean)}</td>'


def _protocols(page: TrainingPage, deciding: Sequence[EvaluationReport]) -> list[str]:
    """Return one section for each other protocol: the candidates' figures side by side with the deciding one's."""
    sections = []
    for protocol in dict.fromkeys(report.protocol for report in page.reports if report.protocol != page.primary):
        there = {report.candidate: report for report in page.reports if report.protocol == protocol}
        pairs = [
            (_mark(page, report), _value(there[report.candidate], PRIMARY_METRIC, otherwise=0.0))
            for report in deciding
            if report.candidate in there
        ]
        flips = "".join(f"<li>{escape(flip)}</li>" for flip in page.flips if protocol in flip)
        said = f"<ul>{flips}</ul>" if flips else "<p>No two candidates clearly change places.</p>"
        chart = svg.slopes(pairs, words(page.primary), words(protocol))
        sections.append(
            section(f"Protocols: {words(page.primary).lower()} and {words(protocol).lower()}", "", chart + said)
        )
    return sections


def _curves(page: TrainingPage, deciding: Sequence[EvaluationReport]) -> str:
    drawn = [
        svg.Line(report.title, [(point.listeners, point.ndcg) for point in points], report.candidate == page.winner)
        for report in deciding
        if (points := [point for point in page.curves if point.candidate == report.candidate])
    ]
    return svg.lines(drawn, "training listeners", PRIMARY_METRIC) if drawn else ""


def _measured(curves: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Return the points whose memory could be told."""
    return [point for point in curves if math.isfinite(point.megabytes)]


def _fit_memory(page: TrainingPage, deciding: Sequence[EvaluationReport]) -> str:
    most = {
        report.candidate: max(point.megabytes for point in points)
        for report in deciding
        if (points := [point for point in _measured(page.curves) if point.candidate == report.candidate])
    }
    marks = [
        svg.Mark(report.title, most[report.candidate], 0, 0, report.candidate == page.winner)
        for report in sorted(deciding, key=lambda report: most.get(report.candidate, 0.0))
        if report.candidate in most
    ]
    return svg.bars(marks, "megabytes", lambda value: f"{value:,.1f} MB") if marks else ""


def _fit_times(page: TrainingPage, deciding: Sequence[EvaluationReport]) -> str:
    seconds = {
        report.candidate: report.seconds.get("fit", 0.0) + report.seconds.get("select", 0.0) for report in deciding
    }
    marks = [
        svg.Mark(report.title, seconds[report.candidate], 0, 0, report.candidate == page.winner)
        for report in sorted(deciding, key=lambda report: seconds[report.candidate])
    ]
    return svg.bars(marks, "seconds", lambda value: f"{value:,.1f} s")


def _behaviour(page: TrainingPage) -> str:
    lines = [
        f'<tr><td class="{kind}">{word}</td><td class="words">{escape(check.sentence)}</td></tr>'
        for check in page.checks
        for kind, word in (_VERDICTS[check.passed],)
    ]
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>' if lines else ""


def _examples(page: TrainingPage) -> str:
    parts = []
    for number, example in enumerate(page.examples, start=1):
        tracks = "".join(f"<li>{escape(track.title)}{_because(track)}</li>" for track in example.tracks)
        history = "".join(f"<li>{escape(title)}</li>" for title in example.history)
        parts.append(
            f"<div><h3>Listener {number} plays</h3><ul>{history}</ul><h3>and is shown</h3><ol>{tracks}</ol></div>"
        )
    return f'<div class="examples">{"".join(parts)}</div>' if parts else ""


def _because(track: ExampleTrack) -> str:
    if not track.reasons:
        return ""
    reasons = ", ".join(f"{escape(title)} ({share:.0%})" for title, share in track.reasons)
    return f'<span class="reason">because of {reasons}</span>'


def _mark(page: TrainingPage, report: EvaluationReport) -> svg.Mark:
    interval = report.metrics[PRIMARY_METRIC]
    mean, low, high = (np.nan_to_num(value) for value in (interval.mean, interval.low, interval.high))
    return svg.Mark(report.title, float(mean), float(low), float(high), best=report.candidate == page.winner)


def _value(report: EvaluationReport, name: str, otherwise: float = math.nan) -> float:
    """Return a metric or summary by name."""
    value = report.metrics[name].mean if name in report.metrics else report.summary.get(name, math.nan)
    return value if math.isfinite(value) else otherwise
