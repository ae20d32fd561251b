"""Reading a list that may change while it is read, and going on where a reading was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from pipelines.sources.spotify_api.kept import Kept, Page

#: How often a list is read from its start because it changed in between. What the last pass gives is taken as it is.
PASSES: Final = 3
Fetch = Callable[[int], Page]


def read_list(kept: Kept, name: str, mark: str, fetch: Fetch) -> tuple[list[dict[str, Any]], bool]:
    """Return the entries of a list and whether it stood still while it was read.

    A list that got shorter or longer between two pages has shifted: entries are missing or stand twice. It is read
    again, a few times; where it never stood still, entries that stand twice in the last pass are taken once.

    Args:
        kept: Where pages are kept; pages of the same mark are not asked for again.
        name: The name the list is kept under.
        mark: Which state of the list is wanted.
        fetch: Asks for the page that begins at an offset.

    Raises:
        AccessError: Spotify refused; the pages that came are kept.
    """
    for attempt in range(1, PASSES + 1):
        pages = kept.pages(name, mark)
        steady = _read_to_end(kept, name, pages, fetch, accept_changes=attempt == PASSES)
        if steady or attempt == PASSES:
            kept.finish(name, mark)
            return [entry for page in pages for entry in page.entries] if steady else once_each(pages), steady
        kept.start(name, mark)
    raise AssertionError("unreachable: the last pass returns")


def _read_to_end(kept: Kept, name: str, pages: list[Page], fetch: Fetch, *, accept_changes: bool) -> bool:
    """Add the missing pages; return whether the list kept its length. Stops at the first change unless told not to."""
    steady = True
    while not pages or pages[-1].more:
        page = fetch(pages[-1].end if pages else 0)
        if pages and page.total != pages[-1].total:
            steady = False
            if not accept_changes:
                return False
        kept.add_page(name, page)
        pages.append(page)
    return steady


def once_each(pages: Iterable[Page]) -> list[dict[str, Any]]:
    """Return the entries of some pages, those with the same key once."""
    seen: set[str] = set()
    entries = []
    for page in pages:
        for key, entry in zip(page.keys, page.entries, strict=True):
            if key is None or key not in seen:
                entries.append(entry)
            if key is not None:
                seen.add(key)
    return entries
