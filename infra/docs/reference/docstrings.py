"""Docstrings in Google's style, taken apart: what a thing is, and what its attributes mean."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

_SECTION = re.compile(r"^(Attributes|Args|Returns|Yields|Raises):\n", re.MULTILINE)
_ENTRY = re.compile(r"^ {4}([a-z]\w*): (.*(?:\n(?: {8,}.*|\s*$))*)", re.MULTILINE)


def description(thing: object) -> str:
    """Return a docstring up to its first section."""
    return _SECTION.split(_own(thing), maxsplit=1)[0].strip()


def attributes(kind: type) -> Mapping[str, str]:
    """Return what a class says of its attributes, those of its bases included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        sections = _SECTION.split(_own(each))
        for name, body in zip(sections[1::2], sections[2::2], strict=True):
            if name == "Attributes":
                found |= {field: " ".join(text.split()) for field, text in _ENTRY.findall(body)}
    return found


def _own(thing: object) -> str:
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")
