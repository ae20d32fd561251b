"""The error tree: what each kind means, how the program ends, what the service answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from infra.docs.reference.docstrings import description
from infra.docs.reference.markdown import code, page, prose, table
from pipelines.errors import CrossfadeError

_OPENING = """Every error says what is wrong, where, and what to do. The command line prints it in one line and ends
with the status below; `CROSSFADE_DEBUG=1` shows where it was raised. The service answers with an HTTP status and
[ErrorAnswer](http-api.md#erroranswer)."""


def errors(status_of: Callable[[type[CrossfadeError]], int]) -> str:
    """Return the page.

    Args:
        status_of: Gives the HTTP status of a kind of error.
    """
    rows = [
        (code(kind.__name__), prose(description(kind)), str(kind.exit_code), str(status_of(kind)))
        for kind in _tree(CrossfadeError)
    ]
    return page(
        "Errors", "`pipelines/errors.py`", _OPENING, table(("error", "meaning", "exit status", "HTTP status"), rows)
    )


def _tree(kind: type[CrossfadeError]) -> Iterator[type[CrossfadeError]]:
    """Yield a class and all below it that the core knows, each parent before its children."""
    if kind.__module__ == CrossfadeError.__module__:
        yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)
