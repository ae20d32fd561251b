"""Lists that change while they are read, and readings that go on where they were stopped."""

from __future__ import annotations

import pytest

from pipelines.errors import AccessError, SourceError
from pipelines.sources.spotify_api.kept import RETENTION_DAYS, Kept, Page
from pipelines.sources.spotify_api.library import fetcher
from pipelines.sources.spotify_api.lists import read_list

DAY = 86_400.0


@pytest.fixture
def kept(tmp_path):
    with Kept(tmp_path / "person" / "kept.sqlite", 0.0) as kept:
        yield kept


class Letters:
    """A list of letters in pages of two, to which something may happen before each page but the first."""

    def __init__(self, letters, *happenings):
        self.letters = list(letters)
        self.happenings = list(happenings)
        self.asked = []

    def fetch(self, offset):
        if self.asked and self.happenings:
            self.happenings.pop(0)(self.letters)
        self.asked.append(offset)
        some = self.letters[offset : offset + 2]
        keys = [letter if letter != "?" else None for letter in some]
        entries = [{"letter": letter} for letter in some]
        return Page(offset, len(self.letters), offset + 2 < len(self.letters), keys, entries)


def read(kept, source, mark="now"):
    entries, steady = read_list(kept, "letters", mark, source.fetch)
    return "".join(entry["letter"] for entry in entries), steady


def take_first(letters):
    del letters[0]


def put_first(letters):
    letters.insert(0, "n")


def refuse(_):
    raise AccessError("no")


def nothing(_):
    pass


@pytest.mark.parametrize("letters", ["", "a", "ab", "abc", "abcd", "abba", "a??"])
def test_pages_put_together_are_the_list(kept, letters):
    assert read(kept, Letters(letters)) == (letters, True)


def test_a_list_that_gets_shorter_loses_no_entry(kept):
    source = Letters("abcde", nothing, take_first)
    assert read(kept, source) == ("bcde", True)
    assert source.asked == [0, 2, 4, 0, 2]


def test_a_list_that_gets_longer_shows_no_entry_twice(kept):
    assert read(kept, Letters("abcde", put_first)) == ("nabcde", True)


def test_a_list_that_never_stands_still_is_read_three_times_and_says_so(kept):
    source = Letters("abcdefgh", *[put_first] * 100)
    letters, steady = read(kept, source)
    assert not steady
    assert source.asked.count(0) == 3
    assert len(letters) == len(set(letters))


def test_a_reading_that_was_stopped_goes_on_at_the_next_page(kept):
    source = Letters("abcdef", nothing, refuse)
    with pytest.raises(AccessError):
        read(kept, source)
    assert read(kept, source) == ("abcdef", True)
    assert source.asked == [0, 2, 4]


def test_a_list_that_changed_between_two_runs_is_read_again(kept):
    source = Letters("abcdef", nothing, refuse)
    with pytest.raises(AccessError):
        read(kept, source)
    take_first(source.letters)
    assert read(kept, source) == ("bcdef", True)


def test_a_list_that_was_read_is_not_asked_for_again_in_the_same_state(kept):
    source = Letters("abc")
    read(kept, source)
    assert read(kept, source) == ("abc", True)
    assert source.asked == [0, 2]
    assert read(kept, Letters("xyz"), mark="later") == ("xyz", True)


def test_a_page_without_entries_ends_a_list_that_claims_to_go_on(kept):
    endless = fetcher(lambda _: {"items": [], "next": "more", "total": 9}, lambda item: item)
    assert read_list(kept, "letters", "now", endless) == ([], True)


def test_what_is_kept_outlives_the_process_and_is_private(tmp_path):
    path = tmp_path / "person" / "kept.sqlite"
    with Kept(path, 0.0) as kept:
        kept.put_objects("tracks", {"a": {"name": "A"}, "b": None})
        assert kept.put_plays({("2026-01-02", "a"): {"n": 2}, ("2026-01-01", "a"): {"n": 1}}) == 2
    with Kept(path, DAY) as kept:
        assert kept.objects("tracks", ["a", "b", "c"]) == {"a": {"name": "A"}, "b": None}
        assert kept.put_plays({("2026-01-01", "a"): {"n": 1}, ("2026-01-03", "a"): {"n": 3}}) == 1
        assert [play["n"] for play in kept.plays()] == [1, 2, 3]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_too_old_to_be_kept_is_removed(tmp_path):
    path = tmp_path / "person" / "kept.sqlite"
    with Kept(path, 0.0) as kept:
        read(kept, Letters("abc"))
        kept.put_objects("tracks", {"a": 1})
        kept.put_plays({("2026-01-01", "a"): {}})
    with Kept(path, RETENTION_DAYS * DAY) as kept:
        assert kept.is_whole("letters", "now")
        assert kept.objects("tracks", ["a"])
    with Kept(path, RETENTION_DAYS * DAY + 1) as kept:
        assert not kept.is_whole("letters", "now")
        assert kept.objects("tracks", ["a"]) == {}
        assert kept.plays() == []
        assert kept.pages("letters", "now") == []


def test_a_damaged_file_is_one_clear_error(tmp_path):
    (tmp_path / "kept.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match=r"the kept answers cannot be read .* Remove the file"):
        Kept(tmp_path / "kept.sqlite", 0.0)
