"""Five small charts as inline SVG, without a library; the style sheet of the page gives them their colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LABELS, _LINE = 720, 170, 30
#: A character of the charts' text is about this wide.
_CHARACTER = 6.6
_TEXT = 14
_TICKS = 5
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Mark:
    """A candidate in a chart: a value and where it may lie; ``best`` is drawn in the accent colour."""

    label: str
    value: float
    low: float
    high: float
    best: bool = False


def intervals(marks: Sequence[Mark], title: str) -> str:
    """Return one line a mark: its interval, its value as a dot and as a number."""
    x, ticks = _scale(max(mark.high for mark in marks), _LABELS, _WIDTH - 60)
    height = len(marks) * _LINE + 40
    parts = [_grid_x(tick, x(tick), 0, height - 40) for tick in ticks]
    for place, mark in enumerate(marks):
        y = place * _LINE + _LINE / 2
        parts += [
            _text(_LABELS - 12, y, mark.label, "label", "end"),
            f'<line class="interval {_kind(mark)}" x1="{x(mark.low):.1f}" x2="{x(mark.high):.1f}" y1="{y}" y2="{y}"/>',
            f'<circle class="dot {_kind(mark)}" cx="{x(mark.value):.1f}" cy="{y}" r="5"/>',
            _text(x(mark.high) + 10, y, f"{mark.value:.3f}", "value"),
        ]
    parts.append(_text((_LABELS + _WIDTH - 60) / 2, height - 6, title, "quiet", "middle"))
    return _svg(height, parts, title)


def bars(marks: Sequence[Mark], title: str, written: Callable[[float], str]) -> str:
    """Return one bar a mark, from 0 to its value."""
    x, _ = _scale(max(mark.value for mark in marks), _LABELS, _WIDTH - 70)
    parts = []
    for place, mark in enumerate(marks):
        y = place * _LINE + _LINE / 2
        width = max(1.0, x(mark.value) - _LABELS)
        parts += [
            _text(_LABELS - 12, y, mark.label, "label", "end"),
            f'<rect class="bar {_kind(mark)}" x="{_LABELS}" y="{y - 8}" width="{width:.1f}" height="16" rx="3"/>',
            _text(_LABELS + width + 8, y, written(mark.value), "value"),
        ]
    return _svg(len(marks) * _LINE, parts, title)


def scatter(points: Sequence[tuple[Mark, float]], x_title: str, y_title: str) -> str:
    """Return marks at (their second value, their value), each with its label where no other label stands."""
    height, left, top, bottom = 370, 60, 36, 320
    x, x_ticks = _scale(max(across for _, across in points), left, _WIDTH - 120)
    y, y_ticks = _scale(max(mark.value for mark, _ in points), bottom, top)
    parts = [_grid_x(tick, x(tick), top, bottom) for tick in x_ticks]
    parts += [_grid_y(tick, y(tick), left, _WIDTH - 120) for tick in y_ticks]
    taken: list[tuple[float, float, float]] = [(x(across) - 6, x(across) + 6, y(mark.value)) for mark, across in points]
    for mark, across in points:
        at = (x(across), y(mark.value))
        parts.append(f'<circle class="dot {_kind(mark)}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="6"/>')
        begin, level = _free_place(at, len(mark.label) * _CHARACTER, taken)
        taken.append((begin, begin + len(mark.label) * _CHARACTER, level))
        parts.append(_text(begin, level, mark.label, "label"))
    parts += [_text((left + _WIDTH - 120) / 2, height - 8, x_title, "quiet", "middle"), _text(0, 8, y_title, "quiet")]
    return _svg(height, parts, f"{y_title} against {x_title}")


def slopes(pairs: Sequence[tuple[Mark, float]], left_title: str, right_title: str) -> str:
    """Return one line a mark from its value on the left to its second value on the right; crossings are flips."""
    height, left, right = 80 + max(200, len(pairs) * 24), 220, 500
    top = max(max(mark.value, other) for mark, other in pairs)
    low = min(min(mark.value, other) for mark, other in pairs)
    per_unit = (height - 80) / ((top - low) or 1.0)

    def y(value: float) -> float:
        return height - 20 - (value - low) * per_unit

    here = spread([y(mark.value) for mark, _ in pairs], _TEXT + 2)
    there = spread([y(other) for _, other in pairs], _TEXT + 2)
    parts = [_text(left, 16, left_title, "quiet", "middle"), _text(right, 16, right_title, "quiet", "middle")]
    for (mark, other), at, to in zip(pairs, here, there, strict=True):
        kind = _kind(mark)
        parts += [
            f'<line class="slope {kind}" x1="{left}" x2="{right}" y1="{y(mark.value):.1f}" y2="{y(other):.1f}"/>',
            f'<circle class="dot {kind}" cx="{left}" cy="{y(mark.value):.1f}" r="4"/>',
            f'<circle class="dot {kind}" cx="{right}" cy="{y(other):.1f}" r="4"/>',
            _text(left - 12, at, f"{mark.label} {mark.value:.3f}", "label", "end"),
            _text(right + 12, to, f"{other:.3f} {mark.label}", "label"),
        ]
    return _svg(height, parts, f"{left_title} against {right_title}")


@dataclass(frozen=True)
class Line:
    """A candidate in a line chart: values at places along the axis, from left to right."""

    label: str
    points: Sequence[tuple[float, float]]
    best: bool = False


def lines(drawn: Sequence[Line], x_title: str, y_title: str) -> str:
    """Return one line a candidate through its points, its label where it ends."""
    height, left, right, top, bottom = 370, 60, _WIDTH - _LABELS, 36, 320
    last = max(at for line in drawn for at, _ in line.points) or 1.0
    y, y_ticks = _scale(max(value for line in drawn for _, value in line.points), bottom, top)

    def x(at: float) -> float:
        return left + at / last * (right - left)

    parts = [_grid_x(tick, x(tick), top, bottom) for tick in ticks(last) if tick <= last]
    parts += [_grid_y(tick, y(tick), left, right) for tick in y_ticks]
    levels = spread([y(line.points[-1][1]) for line in drawn], _TEXT + 2)
    for line, level in zip(drawn, levels, strict=True):
        kind = "best" if line.best else "other"
        places = [(x(at), y(value)) for at, value in line.points]
        path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
        parts.append(f'<polyline class="slope {kind}" points="{path}"/>')
        parts += [f'<circle class="dot {kind}" cx="{across:.1f}" cy="{up:.1f}" r="3"/>' for across, up in places]
        parts.append(_text(places[-1][0] + 12, level, f"{line.label} {line.points[-1][1]:.3f}", "label"))
    parts += [_text((left + right) / 2, height - 8, x_title, "quiet", "middle"), _text(0, 8, y_title, "quiet")]
    return _svg(height, parts, f"{y_title} against {x_title}")


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Return the places moved apart, upwards where they must, so that no two are nearer than ``gap``; same order."""
    moved = list(places)
    ceiling = math.inf
    for index in sorted(range(len(moved)), key=lambda i: -moved[i]):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved


def ticks(high: float) -> list[float]:
    """Return about five round numbers from 0 up to the first that is not below ``high``."""
    if high <= 0:
        return [0.0, 1.0]
    rough = high / _TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * unit for nice in _NICE if nice * unit >= rough * (1 - 1e-9))
    return [step * number for number in range(math.ceil(high / step - 1e-9) + 1)]


def _scale(high: float, start: float, end: float) -> tuple[Callable[[float], float], list[float]]:
    """Return the way from values to places, and the round numbers along it."""
    marks = ticks(high)
    return (lambda value: start + value / marks[-1] * (end - start)), marks


def _free_place(
    at: tuple[float, float], width: float, taken: Sequence[tuple[float, float, float]]
) -> tuple[float, float]:
    """Return where a label of this width may start: beside its point, below or above, and not on another label."""
    x, y = at
    steps = [(x + 12, y), (x - 12 - width, y)]
    steps += [(x + 12, y + turn * lines * _TEXT) for lines in range(1, 6) for turn in (1, -1)]
    for begin, level in steps:
        crossed = any(begin < b and a < begin + width and abs(level - c) < _TEXT for a, b, c in taken)
        if not crossed and begin >= 0:
            return begin, level
    return steps[0]


def _kind(mark: Mark) -> str:
    return "best" if mark.best else "other"


def _grid_x(value: float, x: float, top: float, bottom: float) -> str:
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'
    return line + _text(x, bottom + 14, f"{value:g}", "quiet", "middle")


def _grid_y(value: float, y: float, left: float, right: float) -> str:
    line = f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + _text(left - 8, y, f"{value:g}", "quiet", "end")


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
