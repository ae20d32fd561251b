"""Whatever happens to a list while it is read, what stood still is read, and nothing stands twice."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.errors import AccessError
from pipelines.sources.spotify_api.kept import Kept, Page
from pipelines.sources.spotify_api.lists import read_list

PAGE = 3
#: What may happen before a page is given: an entry goes, a new one comes first, both, or the request is refused.
HAPPENINGS = st.lists(st.sampled_from(["remove", "add", "swap", "refuse", "nothing"]), max_size=8)


@example(length=8, happenings=["nothing", "add"] * 3, place=0)
@given(length=st.integers(0, 14), happenings=HAPPENINGS, place=st.integers(0, 100))
def test_what_stood_still_is_read_and_nothing_stands_twice(length, happenings, place):
    things, new, waiting = [f"t{number}" for number in range(length)], iter(range(1_000, 2_000)), list(happenings)
    untouched = set(things)

    def fetch(offset):
        happening = waiting.pop(0) if waiting else "nothing"
        if happening == "refuse":
            raise AccessError("no")
        if happening in {"remove", "swap"} and things:
            untouched.discard(things.pop(place % len(things)))
        if happening in {"add", "swap"}:
            things.insert(0, f"t{next(new)}")
        some = things[offset : offset + PAGE]
        return Page(offset, len(things), offset + PAGE < len(things), list(some), [{"id": each} for each in some])

    with tempfile.TemporaryDirectory() as folder, Kept(Path(folder) / "kept.sqlite", 0.0) as kept:
        while True:
            try:
                entries, steady = read_list(kept, "things", "now", fetch)
                break
            except AccessError:
                continue
    found = [entry["id"] for entry in entries]
    if steady:
        assert untouched <= set(found)
    else:
        assert len(found) == len(set(found))
    if steady and "swap" not in happenings:
        assert found == things
