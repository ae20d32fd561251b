"""Every figure the project measures: of candidates, of behaviour, of the running service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from infra.docs.reference.docstrings import description
from infra.docs.reference.markdown import code, page, prose, table

_OPENING = """`k` is the length at which a list is cut; the report shows several. How to read them: [a training's
report](../how-to/read-a-report.md); why these: [why not RMSE](../explanation/why-not-rmse.md)."""
_SERVICE = """`/metrics` of a running service has them in Prometheus' format
([how](../how-to/watch-the-service.md))."""
_WATCHED = """Written by the flow `monitor` after each look, and told by `/metrics` as well. Thresholds:
[configuration](configuration.md#monitoring)."""


@dataclass(frozen=True)
class Figure:
    """A figure as Prometheus knows it.

    Attributes:
        name: Its name.
        kind: Counter, gauge or histogram.
        labels: What its values are told apart by.
        words: What it says.
    """

    name: str
    kind: str
    labels: Sequence[str]
    words: str


def metrics(
    accuracy: ModuleType,
    others: Mapping[str, Callable[..., object] | ModuleType],
    checks: Mapping[str, Callable[..., object]],
    figures: Iterable[Figure],
    watched: Iterable[Figure],
) -> str:
    """Return the page.

    Args:
        accuracy: The module whose docstring has the formulas of the ranking metrics.
        others: Columns of a report -> the function, or module, that says how it is computed.
        checks: Behavioural checks -> the function that measures it.
        figures: The service's figures.
        watched: The figures of monitoring.
    """
    parts = [_OPENING, "## Ranking", prose(_without_first_line(accuracy))]
    parts.append("## Beyond accuracy")
    for name, how in others.items():
        parts += [f"### {name}", _meaning(how)]
    parts += ["## Behaviour of the winner", table(("check", "how it is measured"), _checks(checks))]
    parts += ["## Of the running service", _SERVICE, _figures(figures)]
    parts += ["## Of monitoring", _WATCHED, _figures(watched)]
    return page("Metrics", "the docstrings of `pipelines/evaluation/` and the figures of `serving/`", *parts)


def _without_first_line(module: ModuleType | Callable[..., object]) -> str:
    return description(module).partition("\n")[2].strip()


def _meaning(how: Callable[..., object] | ModuleType) -> str:
    """Return what a docstring says of a value, without the "Return" that a function begins with."""
    text = _without_first_line(how) if isinstance(how, ModuleType) else description(how).removeprefix("Return ")
    return prose(text[:1].upper() + text[1:])


def _checks(checks: Mapping[str, Callable[..., object]]) -> Iterable[tuple[str, str]]:
    return ((code(name), prose(description(measure))) for name, measure in checks.items())


def _figures(figures: Iterable[Figure]) -> str:
    rows = [(code(each.name), each.kind, ", ".join(map(code, each.labels)), each.words) for each in figures]
    return table(("figure", "type", "labels", "meaning"), rows)
