"""The ``fields`` parameter of playlists: ``name,items(total,items(item(name,artists.name)))``, ``!description``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from pipelines.testing.spotify_fake.messages import Json, refuse

#: What is wanted of an object: member -> what is wanted of it; an empty tree is all of it.
Tree: TypeAlias = dict[str, Any]

_TOKEN: Final = re.compile(r"[A-Za-z_]+|[!(),.]")


def select(shown: Json, fields: str) -> Json:
    """Return the members of an object that are asked for.

    Raises:
        RefusedError: 400, the parameter cannot be read.
    """
    tokens = _TOKEN.findall(fields)
    if "".join(tokens) != fields.replace(" ", ""):
        raise refuse(400, "Invalid fields")
    kept: Json = _kept(shown, _tree(iter([*tokens, ")"])))
    return kept


def _tree(tokens: Iterator[str]) -> Tree:
    """Read up to the closing bracket."""
    tree: Tree = {}
    last: Tree = tree
    inside, path = tree, ""
    for part in tokens:
        if part == ")":
            return tree
        if part == "(":
            last.update(_tree(tokens))
        elif part == ",":
            inside = tree
        elif part == ".":
            inside = last
        elif part == "!":
            path = "!"
        else:
            last = inside.setdefault(path + part, {})
            path = ""
    raise refuse(400, "Invalid fields")


def _kept(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_kept(each, tree) for each in value]
    if not isinstance(value, dict) or not tree:
        return value
    if all(name.startswith("!") for name in tree):
        return _without(value, tree)
    return {name: _kept(value[name], below) for name, below in tree.items() if name in value}


def _without(value: Json, tree: Tree) -> Json:
    kept: Json = {}
    for name, each in value.items():
        below = tree.get(f"!{name}")
        if below is None:
            kept[name] = each
        elif below:
            # "!a.b" leaves a without its b.
            kept[name] = _kept(
                each, {part if part.startswith("!") else f"!{part}": tree for part, tree in below.items()}
            )
    return kept
