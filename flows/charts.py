"""The leaderboard as a picture: one panel a protocol, one line a candidate, its mean and interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from pipelines.evaluation.report import PRIMARY_METRIC, EvaluationReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A card of its own colours can be read on a light page and on a dark one.
_CARD, _INK, _QUIET, _BEST, _OTHER = "#fbfaf8", "#1f2430", "#6b7080", "#c2410c", "#33506e"


def leaderboard_chart(board: pd.DataFrame, path: Path) -> None:
    """Draw a leaderboard into a PNG file.

    Args:
        board: What ``pipelines.evaluation.report.leaderboard`` gives.
        path: The file to write.
    """
    protocols = list(board["protocol"].unique())
    lines = int(board.groupby("protocol").size().max())
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12)
    figure = Figure(figsize=(5.2 * len(protocols), 1.1 + 0.42 * lines), dpi=140, facecolor=_CARD, layout=layout)
    panels = figure.subplots(1, len(protocols), squeeze=False, sharex=True)[0]
    for panel, protocol in zip(panels, protocols, strict=True):
        _draw(panel, board[board["protocol"] == protocol], str(protocol))
    # Room for the figures at the right end; the panels share the axis.
    panels[0].set_xlim(0, 1.2 * max(float(board[f"{PRIMARY_METRIC} high"].max()), 0.01))
    figure.supxlabel(f"{PRIMARY_METRIC}: mean over listeners, 95 % interval", color=_QUIET, fontsize=9)
    figure.savefig(path)


def segments_chart(report: EvaluationReport, path: Path) -> None:
    """Draw for whom a candidate works: the mean and interval of the primary metric in each segment, into a PNG file.

    Args:
        report: The candidate's report; it has segments.
        path: The file to write.
    """
    means = [mean for mean in report.segments if math.isfinite(mean.interval.mean)]
    layout = ConstrainedLayoutEngine(w_pad=0.15, h_pad=0.12)
    figure = Figure(figsize=(7.5, 0.9 + 0.36 * len(means)), dpi=140, facecolor=_CARD, layout=layout)
    panel = figure.subplots()
    for place, mean in zip(range(len(means))[::-1], means, strict=True):
        _line(panel, place, mean.interval.mean, mean.interval.low, mean.interval.high, _OTHER)
    _dress(panel, f"{report.title}, {report.protocol.replace('-', ' ')}", [f"{m.division}: {m.segment}" for m in means])
    panel.set_xlim(0, 1.2 * max([0.01, *(mean.interval.high for mean in means)]))
    figure.supxlabel(
        f"{PRIMARY_METRIC}: mean over the listeners of the segment, with interval", color=_QUIET, fontsize=9
    )
    figure.savefig(path)


def _draw(panel: Axes, board: pd.DataFrame, protocol: str) -> None:
    mean, low, high = (board[PRIMARY_METRIC + end].to_numpy(dtype=float) for end in ("", " low", " high"))
    places = range(len(board))[::-1]
    for place, m, a, b, is_best in zip(places, mean, low, high, [True] + [False] * (len(board) - 1), strict=True):
        _line(panel, place, m, a, b, _BEST if is_best else _OTHER)
    _dress(panel, protocol.replace("-", " ").capitalize(), list(board["title"]))


def _line(panel: Axes, place: int, mean: float, low: float, high: float, colour: str) -> None:
    """Draw a mean and its interval, with the figure at the right end."""
    panel.plot([low, high], [place, place], color=colour, linewidth=3, alpha=0.45, solid_capstyle="round")
    panel.plot([mean], [place], "o", color=colour, markersize=6)
    label = (high, place)
    panel.annotate(f"{mean:.3f}", label, (7, 0), textcoords="offset points", va="center", color=_INK, fontsize=9)


def _dress(panel: Axes, title: str, lines: Sequence[str]) -> None:
    """Give a panel its title, the names of its lines from the top down, and the look of the house."""
    panel.set_title(title, color=_INK, fontsize=11, loc="left")
    panel.set_yticks(list(range(len(lines))[::-1]), list(lines), color=_INK, fontsize=9)
    panel.set_ylim(-0.7, len(lines) - 0.3)
    panel.set_facecolor(_CARD)
    panel.tick_params(axis="x", colors=_QUIET, labelsize=8)
    panel.tick_params(axis="y", length=0)
    panel.grid(axis="x", color="#e6e3dd", linewidth=0.8)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color("#d6d2ca")
