"""What an environment weighs, package by package, and which of the project's own dependencies asks for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "crossfade"

#: A package with one of its extras, or with "" as it is.
Node = tuple[str, str]


@dataclass(frozen=True)
class Weight:
    """A package of an environment.

    Attributes:
        name: Its name.
        size: Its files, in bytes.
        asked_by: Which dependencies that the project names lead to it, itself included.
    """

    name: str
    size: int
    asked_by: tuple[str, ...]


def weights(site_packages: Path, extra: str = "all") -> list[Weight]:
    """Return the packages of an environment, the heaviest first; the project itself is left out.

    Args:
        site_packages: The folder the environment keeps its packages in.
        extra: With what the project is installed.
    """
    found: dict[str, Distribution] = {
        canonicalize_name(each.name): each for each in distributions(path=[str(site_packages)])
    }

    @cache
    def needs(node: Node) -> frozenset[Node]:
        name, with_extra = node
        return frozenset(_asked(found[name], with_extra)) if name in found else frozenset()

    own = [node for node in reached([(PROJECT, ""), (PROJECT, extra)], needs) if node[0] == PROJECT]
    roots = {node for each in own for node in needs(each) if node[0] != PROJECT}
    reach = {root: {name for name, _ in reached([root], needs)} for root in roots}
    rows = [
        Weight(name, _size(each), tuple(sorted({root[0] for root in roots if name in reach[root]})))
        for name, each in found.items()
        if name != PROJECT
    ]
    return sorted(rows, key=lambda row: (-row.size, row.name))


def reached(start: Iterable[Node], needs: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """Return everything that some packages need, directly or not, themselves included."""
    seen = set(start)
    waiting = list(seen)
    while waiting:
        fresh = set(needs(waiting.pop())) - seen
        seen |= fresh
        waiting.extend(fresh)
    return seen


def _asked(distribution: Distribution, extra: str) -> Iterable[Node]:
    """Give what a package asks for on this machine, with one of its extras or without."""
    for requirement in map(Requirement, distribution.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            name = canonicalize_name(requirement.name)
            yield name, ""
            yield from ((name, each) for each in requirement.extras)


def _size(distribution: Distribution) -> int:
    files = (Path(str(distribution.locate_file(file))) for file in distribution.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())
