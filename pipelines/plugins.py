"""What other packages bring: classes found by entry points, imported when one is asked for, and checked then."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from pipelines.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True)
class Registry:
    """Classes of one kind by name: those of this project, and those that other packages bring.

    Attributes:
        group: The group of entry points by which other packages bring theirs; they cannot take a name of ours.
        what: What such a class is called.
        base: What they are subclasses of, as ``module:name``.
        built_in: Name -> ``module:name`` of each class of this project.
    """

    group: str
    what: str
    base: str
    built_in: Mapping[str, str]

    def names(self) -> tuple[str, ...]:
        """Return all names, the built-in ones first."""
        return (*self.built_in, *(name for name in plugin_names(self.group) if name not in self.built_in))

    def find(self, name: str) -> type[Any]:
        """Return the class with a name, imported only now.

        Raises:
            ConfigError: There is none, or the package that brings it is broken.
        """
        if name in self.built_in:
            return _imported(self.built_in[name])
        brought = plugin(self.group, name, _imported(self.base))
        if brought is not None:
            return brought
        known = ", ".join(self.names())
        raise ConfigError(f"there is no {self.what} '{name}'", where=f"{self.what}s", remedy=f"Choose one of: {known}")


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


def _imported(path: str) -> type[Any]:
    module, _, name = path.partition(":")
    found: type[Any] = getattr(import_module(module), name)
    return found


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
