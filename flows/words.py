"""What flows say in artifacts, notes and on the terminal: Markdown made from results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from pipelines.evaluation.report import PRIMARY_METRIC
from pipelines.release.promotion import PromotionDecision

#: What a leaderboard shows: column -> heading.
SHOWN = {
    PRIMARY_METRIC: "nDCG@10",
    "recall@20": "recall@20",
    "map@10": "MAP@10",
    "coverage@10": "coverage@10",
    "rmse": "RMSE",
    "fit seconds": "fit, s",
}


def leaderboard_markdown(board: pd.DataFrame, flips: Sequence[str]) -> str:
    """Return a leaderboard as Markdown: one table a protocol, and the warnings."""
    parts = []
    for protocol, rows in board.groupby("protocol", sort=False):
        lines = [[row["title"], interval_text(row), *_cells(row)] for _, row in rows.iterrows()]
        header = ["candidate", f"{SHOWN[PRIMARY_METRIC]} [95 % interval]", *list(SHOWN.values())[1:]]
        parts.append(f"### {str(protocol).replace('-', ' ')}\n\n{markdown_table(header, lines)}")
    parts += [f"**Note:** {flip}." for flip in flips]
    return "\n\n".join(parts) + "\n"


def decision_markdown(decision: PromotionDecision) -> str:
    """Return a promotion decision as Markdown: the verdict, then every rule with its figures."""
    head = f"**{'Promoted' if decision.promote else 'Refused'}**: {decision.reason}."
    against = f" The champion before: {decision.champion}." if decision.champion else " There was no champion before."
    lines = [[rule.name, "yes" if rule.passed else "**no**", rule.sentence] for rule in decision.rules]
    table = markdown_table(["rule", "passed", "figures"], lines)
    return f"{head}{against}\n\n{table}\n\nPolicy `{decision.policy_hash}`, protocol {decision.protocol}.\n"


def markdown_table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    rows = [list(header), ["---", *["---:"] * (len(header) - 1)], *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def interval_text(row: pd.Series) -> str:
    """Return a mean with its interval, as ``0.304 [0.297, 0.311]``."""
    low, high = row[f"{PRIMARY_METRIC} low"], row[f"{PRIMARY_METRIC} high"]
    return f"{row[PRIMARY_METRIC]:.4f} [{low:.4f}, {high:.4f}]"


def _cells(row: pd.Series) -> list[str]:
    """Return the further figures; an undefined one is a dash."""
    values = [row.get(column, float("nan")) for column in list(SHOWN)[1:]]
    return ["-" if pd.isna(value) else f"{value:.3f}" for value in values]
