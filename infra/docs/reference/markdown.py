"""Markdown: tables, and the words of docstrings as prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a cell's line breaks become spaces and its bars are escaped."""
    lines = [header, ["---"] * len(header), *([cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """Return a text that fits into one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Return a value as code; nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def prose(text: str) -> str:
    """Return the words of a docstring as Markdown: double backticks become single ones."""
    return re.sub(r"``(.+?)``", r"`\1`", text).strip()


def first_sentence(text: str) -> str:
    """Return the first sentence of a text, on one line and without its full stop."""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0].rstrip(".")


def page(title: str, origin: str, *parts: str) -> str:
    """Return a page, which says first that it is written from the code.

    Args:
        title: Its heading.
        origin: From where in the code it is written, in Markdown.
        parts: What follows.
    """
    note = f"*Written from {origin} by `make reference`; a test compares the two.*"
    return "\n\n".join(part.strip() for part in (f"# {title}", note, *parts) if part.strip()) + "\n"
