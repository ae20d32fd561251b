"""The pictures of docs/scale.md: work and memory of each stage against the size of the world, by orders of magnitude.

A line is solid as far as its law was measured and dashed beyond. Paper and ink are those of the other pictures, so they
stand on the light and on the dark page alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from infra.docs.scale_tables import MACHINES, short
from pipelines.evaluation.svg import spread
from pipelines.testing.capacity.laws import Estimate
from pipelines.testing.capacity.planning import Need, needs, night_of
from pipelines.testing.capacity.stages import Laws
from pipelines.testing.capacity.worlds import wide

_WIDTH, _HEIGHT = 860, 500
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 690, 70, 436
_FROM, _TO = 1e6, 5e9
_POINTS = 61
_INK, _QUIET, _RULE, _PAPER = "#1c1526", "#5f566c", "#dbd1c1", "#fffcf6"
_COLOURS = {
    "ingest": "#c2401f",
    "features": "#7a6a00",
    "fit": "#3f3ac4",
    "evaluation": "#8c2b74",
    "lists": "#0d6e5c",
}
_TITLES = {
    "work": "Core-hours of a night, by plays",
    "memory": "Memory of one machine in GiB, by plays",
}


def picture(name: str, laws: Sequence[Laws]) -> str:
    """Return the picture of "work" or of "memory" as SVG."""
    sizes = np.geomspace(_FROM, _TO, _POINTS).tolist()
    found: dict[str, list[tuple[float, Estimate]]] = {}
    for size in sizes:
        for need in night_of(needs(wide(size), laws)):
            if estimate := _shown(need, name):
                found.setdefault(need.stage.name, []).append((size, estimate))
    values = [estimate.value for line in found.values() for _, estimate in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    parts = [_opening(_TITLES[name]), *_grid(low, high)]
    if name == "memory":
        parts += [_limit(f"{machine.memory:g} GiB", _y(machine.memory, low, high)) for machine in MACHINES]
    ends = [_y(line[-1][1].value, low, high) for line in found.values()]
    for (stage, line), level in zip(found.items(), spread(ends, 20), strict=True):
        parts += _line(line, _COLOURS[stage], low, high)
        parts.append(_text(_RIGHT + 12, level + 5, f"{stage} {short(line[-1][1].value)}", _COLOURS[stage], weight=600))
    parts.append(_text(_LEFT, _HEIGHT - 22, "plays; solid: within what was measured, dashed: beyond it", _QUIET))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _shown(need: Need, name: str) -> Estimate | None:
    return need.core_hours if name == "work" else need.memory


def _opening(title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        'font-family="system-ui, Segoe UI, Roboto, Noto Sans, sans-serif">\n'
        f'<title>{escape(title)}</title>\n<rect width="{_WIDTH}" height="{_HEIGHT}" rx="16" fill="{_PAPER}"/>\n'
        + _text(_LEFT, 40, title, _INK, size=18, weight=600)
    )


def _grid(low: int, high: int) -> list[str]:
    parts = []
    for power in range(low, high + 1):
        y = _y(10.0**power, low, high)
        parts.append(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_RULE}"/>')
        parts.append(_text(_LEFT - 10, y + 5, f"{10.0**power:,g}", _QUIET, "end"))
    for plays in (1e6, 1e7, 1e8, 1e9, 5e9):
        x = _x(plays)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BOTTOM}" stroke="{_RULE}"/>')
        parts.append(_text(x, _BOTTOM + 22, short(plays), _QUIET, "middle"))
    return parts


def _limit(words: str, y: float) -> str:
    line = f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_INK}" stroke-dasharray="1 4"/>'
    return line + _text(_LEFT + 8, y - 6, words, _INK, size=13)


def _line(points: Sequence[tuple[float, Estimate]], colour: str, low: int, high: int) -> list[str]:
    """Return the solid part and the dashed part; they meet at the first point beyond."""
    inside = sum(estimate.beyond <= 1 for _, estimate in points)
    places = [f"{_x(plays):.1f},{_y(estimate.value, low, high):.1f}" for plays, estimate in points]
    head = f'<polyline fill="none" stroke="{colour}" stroke-width="2.5" points="'
    solid, dashed = places[: inside + 1], places[inside:]
    parts = [head + " ".join(solid) + '"/>'] if len(solid) > 1 and inside else []
    return [*parts, head + " ".join(dashed) + '" stroke-dasharray="7 6"/>'] if len(dashed) > 1 else parts


def _text(
    x: float, y: float, words: str, colour: str, anchor: str = "start", *, size: int = 14, weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _x(plays: float) -> float:
    return _LEFT + math.log(plays / _FROM) / math.log(_TO / _FROM) * (_RIGHT - _LEFT)


def _y(value: float, low: int, high: int) -> float:
    return _BOTTOM - (math.log10(value) - low) / (high - low) * (_BOTTOM - _TOP)
