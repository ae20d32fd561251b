"""The picture of the pipeline, drawn from the code: its flows, and the value that each stage hands on.

``python -m infra.docs.pipeline_picture`` writes docs/pictures/pipeline.svg. A test compares the two, so what is renamed
in the code is renamed in the picture. Pointing at a box shows what the type's docstring says.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from infra.docs.reference.docstrings import description
from infra.docs.reference.markdown import first_sentence
from pipelines.atomic import write_text

TARGET = Path(__file__).resolve().parents[2] / "docs" / "pictures" / "pipeline.svg"

_WIDE, _HIGH, _GAP = 226, 74, 40
_LEFT, _TOP, _ROW = 30, 78, 152
_WIDTH = 2 * _LEFT + 4 * _WIDE + 3 * _GAP + 40


@dataclass(frozen=True)
class Stage:
    """One box.

    Attributes:
        words: What happens.
        value: The type that is handed on, as "module:name".
    """

    words: str
    value: str


@dataclass(frozen=True)
class Band:
    """Stages that one flow goes through; after the last flow comes the service.

    Attributes:
        flow: The Prefect flow, as "module:name".
        title: What stands beside its name.
        colour: Of its name and its arrows.
        stages: Its boxes, from left to right.
    """

    flow: str
    title: str
    colour: str
    stages: tuple[Stage, ...]


BANDS = (
    Band(
        "flows.ingestion:ingest",
        "Great Expectations checks every row",
        "#c2401f",
        (
            Stage("read a source", "pipelines.sources.base:Source"),
            Stage("clean and count", "pipelines.data.tables:Tables"),
            Stage("judge by the rules", "pipelines.data.approval:Verdict"),
            Stage("freeze what passed", "pipelines.data.snapshot:Snapshot"),
        ),
    ),
    Band(
        "flows.training:train",
        "MLflow keeps every run and every model",
        "#8c2b74",
        (
            Stage("build matrices", "pipelines.features.dataset:Dataset"),
            Stage("measure on each fold", "pipelines.evaluation.run:FoldResult"),
            Stage("compare candidates", "pipelines.evaluation.report:EvaluationReport"),
            Stage("fit and pack the best", "pipelines.release.model_bundle:ModelBundle"),
        ),
    ),
    Band(
        "flows.promoting:promote",
        "and the service, on BentoML",
        "#3f3ac4",
        (
            Stage("decide by the policy", "pipelines.release.promotion:PromotionDecision"),
            Stage("move the champion", "pipelines.release.states:Releases"),
            Stage("answer listeners", "serving.engine:Engine"),
            Stage("take their feedback", "pipelines.store.events:EventLog"),
        ),
    ),
)


def picture() -> str:
    """Return the picture as SVG."""
    height = _TOP + len(BANDS) * _ROW - 40
    parts = [_opening(height)]
    for row, band in enumerate(BANDS):
        parts += [_heading(row, band), *(_box(row, place, stage) for place, stage in enumerate(band.stages))]
        parts += [_arrow(row, left, band.colour) for left, _ in pairwise(range(len(band.stages)))]
        if row:
            parts.append(_descent(row, BANDS[row - 1].colour))
    return "\n".join([*parts, _feedback(), "</svg>"]) + "\n"


def main() -> None:
    """Write the picture."""
    write_text(TARGET, picture())
    print(f"docs/pictures/{TARGET.name}  {TARGET.stat().st_size:,} bytes")


def _opening(height: int) -> str:
    heads = "".join(
        f'<marker id="{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        for colour in (*(band.colour for band in BANDS), "#ee5a36")
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        'font-family="system-ui, Segoe UI, Roboto, Noto Sans, sans-serif">\n'
        "<title>From a source of listening data to a list, and back by what listeners do with it</title>\n"
        f'<defs>{heads}</defs>\n<rect width="{_WIDTH}" height="{height}" rx="16" fill="#f6f0e5"/>'
    )


def _heading(row: int, band: Band) -> str:
    name = f"flow {_of(band.flow).name}"
    return (
        f'<text x="{_x(0) + _WIDE // 2 + 16}" y="{_y(row) - 14}" font-size="15" fill="#5f566c">'
        f'<tspan font-weight="700" fill="{band.colour}">{escape(name)}</tspan>  ·  {escape(band.title)}</text>'
    )


def _box(row: int, place: int, stage: Stage) -> str:
    kind = _of(stage.value)
    x, y = _x(place), _y(row)
    return (
        f'<g><title>{escape(first_sentence(description(kind)))}</title><rect x="{x}" y="{y}" width="{_WIDE}" '
        f'height="{_HIGH}" rx="12" fill="#fffcf6" stroke="#dbd1c1"/>'
        f'<text x="{x + 16}" y="{y + 31}" font-size="16" font-weight="600" fill="#1c1526">{escape(stage.words)}</text>'
        f'<text x="{x + 16}" y="{y + 55}" font-size="14" fill="#5f566c" '
        f'font-family="ui-monospace, Menlo, Consolas, monospace">{escape(kind.__name__)}</text></g>'
    )


def _arrow(row: int, place: int, colour: str) -> str:
    start, y = _x(place) + _WIDE + 4, _y(row) + _HIGH // 2
    return _line(f"M{start} {y}H{start + _GAP - 10}", colour)


def _descent(row: int, colour: str) -> str:
    """Lead from the last box of the row above to the first of this one."""
    x, above, below = _x(3) + _WIDE // 2, _y(row - 1) + _HIGH + 4, _y(row) - 34
    left = _x(0) + _WIDE // 2
    way = (
        f"M{x} {above}V{below - 12}Q{x} {below} {x - 12} {below}"
        f"H{left + 12}Q{left} {below} {left} {below + 12}V{_y(row) - 5}"
    )
    return _line(way, colour)


def _feedback() -> str:
    """Lead from the feedback back to the source, around all."""
    right, top, start = _WIDTH - 28, 26, _y(len(BANDS) - 1) + _HIGH // 2
    left = _x(0) + _WIDE // 2
    way = (
        f"M{_x(3) + _WIDE + 4} {start}H{right - 12}Q{right} {start} {right} {start - 12}V{top + 12}"
        f"Q{right} {top} {right - 12} {top}H{left + 12}Q{left} {top} {left} {top + 12}V{_y(0) - 5}"
    )
    return _line(way, "#ee5a36") + (
        f'<text x="{right - 14}" y="{top + 20}" font-size="14" text-anchor="end" fill="#5f566c">likes, skips, plays: '
        "the next list at once, the next training tonight</text>"
    )


def _line(way: str, colour: str) -> str:
    return f'<path d="{way}" fill="none" stroke="{colour}" stroke-width="2" marker-end="url(#{colour[1:]})"/>'


def _x(place: int) -> int:
    return _LEFT + place * (_WIDE + _GAP)


def _y(row: int) -> int:
    return _TOP + row * _ROW


def _of(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


if __name__ == "__main__":
    main()
