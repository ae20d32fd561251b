"""What flows say in artifacts, notes and on the terminal: Markdown made from results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from pipelines.evaluation.behaviour import BehaviourCheck
from pipelines.evaluation.comparison import PairedTest
from pipelines.evaluation.learning import CurvePoint
from pipelines.evaluation.report import PRIMARY_METRIC
from pipelines.release.promotion import PromotionDecision

#: What a leaderboard shows: column -> heading.
SHOWN = {
    PRIMARY_METRIC: "nDCG@10",
    "recall@20": "recall@20",
    "coverage@10": "coverage",
    "rmse": "RMSE",
    "fit seconds": "fit, s",
}

_HEADINGS = list(SHOWN.values())
_LEAST_P = 0.001
_VERDICTS = {True: "passed", False: "**failed**", None: "not measured"}
BOARD_HEADER = ("candidate", _HEADINGS[0], "95 % interval", *_HEADINGS[1:])

Row = Mapping[str, Any]


def board_rows(board: pd.DataFrame) -> list[Row]:
    """Return a leaderboard as rows by column name."""
    return [{str(name): value for name, value in row.items()} for row in board.to_dict(orient="records")]


def by_protocol(board: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each protocol, by its name in plain words."""
    groups: dict[str, list[Row]] = {}
    for row in board:
        groups.setdefault(str(row["protocol"]).replace("-", " ").capitalize(), []).append(row)
    return groups


def leaderboard_markdown(board: Sequence[Row], flips: Sequence[str]) -> str:
    """Return a leaderboard as Markdown: one table a protocol, and the warnings."""
    parts = []
    for protocol, rows in by_protocol(board).items():
        parts.append(f"### {protocol}\n\n{markdown_table(BOARD_HEADER, [board_line(row) for row in rows])}")
    parts += [f"**Note:** {flip}." for flip in flips]
    return "\n\n".join(parts) + "\n"


def curves_markdown(points: Sequence[CurvePoint]) -> str:
    """Return learning curves as Markdown: one line a candidate, one column a part of the listeners."""
    sizes = list(dict.fromkeys(point.listeners for point in points))
    lines = []
    for candidate in dict.fromkeys(point.candidate for point in points):
        own = [point for point in points if point.candidate == candidate]
        lines.append((candidate, *(f"{point.ndcg:.4f}" for point in own), _megabytes(own[-1])))
    return markdown_table(("candidate", *(f"{size:,} listeners" for size in sizes), "MB for the last fit"), lines)


def _megabytes(point: CurvePoint) -> str:
    return f"{point.megabytes:,.1f}" if math.isfinite(point.megabytes) else "-"


def comparisons_markdown(tests: Sequence[PairedTest]) -> str:
    """Return who beats whom as Markdown: one line a pair, the clearest first."""
    lines = [
        (
            f"{test.better} {'beats' if test.clear else 'does not clearly beat'} {test.other}",
            f"{test.gain.mean:+.4f}",
            f"{test.gain.low:+.4f} to {test.gain.high:+.4f}",
            f"{test.p_holm:.3f}" if test.p_holm >= _LEAST_P else f"< {_LEAST_P}",
        )
        for test in tests
    ]
    if not lines:
        return ""
    header = ("pair", f"gain in {_HEADINGS[0]}", "95 % interval", "p, Holm")
    return f"### Who beats whom\n\n{markdown_table(header, lines)}\n"


def behaviour_markdown(checks: Sequence[BehaviourCheck]) -> str:
    """Return the behavioural checks as Markdown, one line each."""
    # A list, because tables do not wrap their cells in the Prefect UI.
    return "".join(f"- {_VERDICTS[check.passed]}: {check.sentence}\n" for check in checks)


def decision_markdown(decision: PromotionDecision, checks: Sequence[BehaviourCheck] = ()) -> str:
    """Return a promotion decision as Markdown: the verdict, every rule with its figures, and the model's behaviour."""
    head = f"**{'Promoted' if decision.promote else 'Refused'}**: {decision.reason}."
    against = f" The champion before: {decision.champion}." if decision.champion else " There was no champion before."
    rules = "\n".join(f"- {_VERDICTS[rule.passed]}: {rule.sentence}" for rule in decision.rules)
    behaviour = f"### Behaviour, for information\n\n{behaviour_markdown(checks)}\n" if checks else ""
    return f"{head}{against}\n\n{rules}\n\n{behaviour}Policy `{decision.policy_hash}`, protocol {decision.protocol}.\n"


def markdown_table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    rows = [list(header), ["---", *["---:"] * (len(header) - 1)], *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def board_line(row: Row) -> list[str]:
    """Return a leaderboard's row as text, under ``BOARD_HEADER``; a figure that is not defined is a dash."""
    values = {column: row.get(column, math.nan) for column in SHOWN}
    digits = {column: 1 if "seconds" in column else 3 for column in SHOWN}
    texts = ["-" if math.isnan(value) else f"{value:.{digits[column]}f}" for column, value in values.items()]
    low, high = row[f"{PRIMARY_METRIC} low"], row[f"{PRIMARY_METRIC} high"]
    return [row["title"], texts[0], f"{low:.3f}-{high:.3f}", *texts[1:]]
