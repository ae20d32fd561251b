"""What holds of the fake whatever is asked: pages add up, cursors miss nothing, one refresh token lives."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.testing.spotify_fake import CLIENT_ID, SpotifyFake
from pipelines.testing.spotify_fake.clock import millis
from pipelines.testing.spotify_fake.fields import select
from pipelines.testing.spotify_fake.messages import RefusedError, Request
from tests.support.spotify_clients import Inside, logged_in

LISTS = ["me/tracks", "me/top/tracks", "me/top/artists", "me/playlists", "playlists/{id}/items"]

names = st.text("abc", min_size=1, max_size=2)
objects = st.recursive(
    st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def fake() -> Iterator[SpotifyFake]:
    with SpotifyFake() as fake:
        yield fake


@pytest.fixture(scope="module")
def ask(fake) -> Inside:
    return Inside(fake)


@given(path=st.sampled_from(LISTS), limit=st.integers(1, 50))
def test_pages_put_together_are_the_whole(fake, ask, path, limit):
    path = path.format(id=fake.world.mine[0])
    first = ask("GET", f"{path}?limit={limit}")
    items = ask.whole(f"{path}?limit={limit}")
    assert len(items) == first["total"]
    assert items == ask.whole(f"{path}?limit=50")


@given(limit=st.integers(1, 50), offset=st.integers(0, 200))
def test_the_page_before_ends_where_a_page_begins(ask, limit, offset):
    page = ask("GET", f"me/tracks?limit={limit}&offset={offset}")
    if page["previous"] is None:
        assert offset == 0
    elif offset >= limit:
        assert ask("GET", page["previous"])["offset"] + limit == offset


@given(limit=st.integers(1, 50))
def test_going_back_by_cursor_gives_every_visible_play_once(fake, ask, limit):
    plays = ask.whole(f"me/player/recently-played?limit={limit}")
    assert [each["track"]["id"] for each in plays] == [play.track.id for play in fake.world.plays[:50]]


@given(limit=st.integers(1, 50), known=st.integers(0, 50))
def test_going_on_from_a_cursor_gives_every_newer_play_once(fake, ask, limit, known):
    visible = fake.world.plays[:50]
    cursor = millis(visible[known].at) if known < len(visible) else 0
    plays = ask.whole(f"me/player/recently-played?limit={limit}&after={cursor}")
    assert sorted(each["played_at"] for each in plays) == sorted(
        each["played_at"] for each in ask.whole("me/player/recently-played")[:known]
    )


changes = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 4), min_size=1, max_size=3), st.integers(0, 6)),
        st.tuples(st.just("remove"), st.integers(0, 4)),
        st.tuples(st.just("remove at"), st.integers(0, 4), st.sets(st.integers(0, 6), min_size=1)),
        st.tuples(st.just("replace"), st.lists(st.integers(0, 4), max_size=6)),
        st.tuples(st.just("move"), st.integers(0, 6), st.integers(1, 3), st.integers(0, 6)),
    ),
    max_size=8,
)


@given(changes=changes)
def test_a_playlist_behaves_as_a_list_and_every_change_is_another_state(fake, ask, changes):
    things = [track.uri for track in list(fake.world.catalogue.tracks.values())[:5]]
    playlist = ask("POST", "me/playlists", {"name": "Law", "public": False})
    path, states = f"playlists/{playlist['id']}/items", [playlist["snapshot_id"]]
    expected: list[str] = []
    for change, *values in changes:
        answer = _change(ask, path, expected, things, change, values)
        states += [answer["snapshot_id"]] if answer else []
        assert [each["item"]["uri"] for each in ask.whole(path)] == expected
    assert len(set(states)) == len(states)
    assert ask("GET", f"playlists/{playlist['id']}")["snapshot_id"] == states[-1]


def _change(ask, path, expected, things, change, values):
    """Change the playlist and the list that says what it should hold; a change that cannot be is left out."""
    n = len(expected)
    if change == "add":
        uris, at = [things[value] for value in values[0]], min(values[1], n)
        expected[at:at] = uris
        return ask("POST", path, {"uris": uris, "position": at})
    if change == "remove":
        gone = things[values[0]]
        expected[:] = [each for each in expected if each != gone]
        return ask("DELETE", path, {"items": [{"uri": gone}]})
    if change == "remove at":
        gone, places = things[values[0]], values[1]
        expected[:] = [each for place, each in enumerate(expected) if each != gone or place not in places]
        return ask("DELETE", path, {"items": [{"uri": gone, "positions": sorted(places)}]})
    if change == "replace":
        expected[:] = [things[value] for value in values[0]]
        return ask("PUT", path, {"uris": list(expected)})
    start, length, before = values
    if start + length > n or before > n or start < before < start + length:
        return None
    # What is moved stands directly before what stood at 'before'.
    marked = [(place, each) for place, each in enumerate(expected) if not start <= place < start + length]
    at = sum(place < before for place, _ in marked)
    moved = expected[start : start + length]
    expected[:] = [each for _, each in marked[:at]] + moved + [each for _, each in marked[at:]]
    return ask("PUT", path, {"range_start": start, "range_length": length, "insert_before": before})


@given(tries=st.lists(st.integers(0, 5), max_size=8))
def test_of_all_refresh_tokens_of_a_login_only_the_newest_lives(fake, tries):
    issued = [logged_in(fake).auth_manager.cache_handler.get_cached_token()["refresh_token"]]
    for number in tries:
        token = issued[number % len(issued)]
        form = f"grant_type=refresh_token&client_id={CLIENT_ID}&refresh_token={token}"
        reply, _ = fake.answer(Request("POST", "/api/token", body=form.encode()))
        assert (reply.status == 200) == (token == issued[-1])
        if reply.status == 200:
            issued.append(reply.body["refresh_token"])


@given(shown=st.dictionaries(names, objects, min_size=1))
def test_fields_that_name_every_member_give_the_whole(shown):
    assert select(shown, ",".join(shown)) == shown


@given(shown=st.dictionaries(names, objects), left_out=names)
def test_a_field_left_out_is_the_only_one_that_goes(shown, left_out):
    assert select(shown, f"!{left_out}") == {name: each for name, each in shown.items() if name != left_out}


@given(inner=st.dictionaries(names, objects, min_size=1), name=names)
def test_brackets_and_dots_mean_the_same(inner, name):
    shown = {"outer": inner, "other": 1}
    assert select(shown, f"outer({name})") == select(shown, f"outer.{name}")


@given(text=st.text("ab,.()!", max_size=10))
def test_fields_are_read_or_refused_and_nothing_else_happens(text):
    with contextlib.suppress(RefusedError):
        assert isinstance(select({"a": {"b": 1}, "b": [{"a": 2}]}, text), dict)
