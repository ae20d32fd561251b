"""What other packages bring: classes found by entry points, imported when one is asked for, and checked then."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from pipelines.errors import ConfigError

T = TypeVar("T")


def plugin_names(group: str) -> tuple[str, ...]:
    """Return the names in a group of entry points, sorted, without importing anything."""
    return tuple(sorted({point.name for point in entry_points(group=group)}))


def plugin(group: str, name: str, base: type[T]) -> type[T] | None:
    """Return the class that another package brings under a name; None where none does.

    Args:
        group: The group of entry points.
        name: The entry point's name, which the class has to carry as its ``name``.
        base: What the class has to be a subclass of.

    Raises:
        ConfigError: Two packages bring the name, or what is there cannot be imported or is not such a class.
    """
    points = list({point.value: point for point in entry_points(group=group, name=name)}.values())
    if not points:
        return None
    if len(points) > 1:
        packages = " and ".join(sorted(map(_package, points)))
        raise ConfigError(f"'{name}' is brought by {packages}", where=group, remedy="Remove one of the packages")
    point = points[0]
    found = _loaded(point, group)
    if problem := _problem(found, name, base):
        raise ConfigError(
            f"'{name}' {problem}", where=_where(point, group), remedy="Ask who wrote the package, or remove it"
        )
    kind: type[T] = found
    return kind


def _loaded(point: EntryPoint, group: str) -> type:
    try:
        loaded: type = point.load()
    except Exception as error:
        raise ConfigError(
            f"'{point.name}' cannot be imported: {type(error).__name__}: {error}",
            where=_where(point, group),
            remedy="Install the package again, or remove it",
        ) from error
    return loaded


def _problem(found: object, name: str, base: type) -> str | None:
    """Return what is wrong with what an entry point names, as the rest of a sentence."""
    if not isinstance(found, type) or not issubclass(found, base):
        return f"is no subclass of {base.__module__}.{base.__qualname__}"
    if inspect.isabstract(found):
        lacking = sorted(getattr(found, "__abstractmethods__", ()))
        return f"lacks {', '.join(lacking)}"
    if getattr(found, "name", None) != name:
        return f"calls itself '{getattr(found, 'name', '')}'"
    return None


def _package(point: EntryPoint) -> str:
    return f"the package '{point.dist.name}'" if point.dist else f"'{point.value}'"


def _where(point: EntryPoint, group: str) -> str:
    return f"{_package(point)}, {group}"
