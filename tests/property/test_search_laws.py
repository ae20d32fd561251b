"""What search promises for any catalogue: which tracks it finds, and in which order."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.release.word_index import SHORTEST_WITH_ERROR, WordIndex, words_of
from serving.search import Search

# Few letters, so that words share beginnings; some that fold, and one that is no letter.
TEXTS = st.text(alphabet="abäB' !", max_size=8)
CATALOGUES = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def index_of(tracks, order):
    ids = [f"id{place}" for place in range(len(tracks))]
    titles = [title for title, _ in tracks]
    artists = [[artist] for _, artist in tracks]
    table = {c.TRACK_ID: ids, c.TITLE: titles, c.ARTISTS: artists, c.SOURCE: ["x"] * len(ids)}
    order = np.array(order)
    return Search(WordIndex.build(TrackCatalogue(pa.table(table)), order), order)


def words(tracks, place):
    title, artist = tracks[place]
    return words_of(title or f"id{place}") + words_of(artist)


def matches(tracks, place, wanted, fits):
    return all(any(fits(have, want) for have in words(tracks, place)) for want in wanted)


def near(have, want):
    """Whether a word begins so, or is at most one typing error away."""
    return have.startswith(want) or (len(want) >= SHORTEST_WITH_ERROR and OSA.distance(have, want) <= 1)


def begins_near(have, want):
    """Whether a word is near, or a beginning of it with the same first letter is."""
    if len(want) < SHORTEST_WITH_ERROR:
        return have.startswith(want)
    beginnings = {have[: len(want) + change] for change in (-1, 0, 1)}
    return OSA.distance(have, want) <= 1 or (have[0] == want[0] and any(OSA.distance(b, want) <= 1 for b in beginnings))


def fits(tracks, wanted, how):
    return {place for place in range(len(tracks)) if wanted and matches(tracks, place, wanted, how)}


@given(CATALOGUES, TEXTS, st.randoms(use_true_random=False))
def test_every_track_that_matches_is_found_once_and_no_other(tracks, query, random):
    order = random.sample(range(len(tracks)), len(tracks))
    found = index_of(tracks, order).search(query, len(tracks)).tolist()
    wanted = words_of(query)
    expected = fits(tracks, wanted, str.startswith)
    if len(expected) < len(tracks) and all(len(word) >= 3 for word in wanted):
        expected = fits(tracks, wanted, str.__contains__)
    if len(expected) < len(tracks) and wanted:
        expected |= fits(tracks, wanted[:-1] or wanted, near if wanted[:-1] else begins_near) & fits(
            tracks, wanted[-1:], begins_near
        )
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(CATALOGUES, TEXTS)
def test_better_matches_come_first_and_equal_ones_by_popularity(tracks, query):
    found = index_of(tracks, range(len(tracks))).search(query, len(tracks)).tolist()
    wanted = words_of(query)

    def class_of(place):
        title = words_of(tracks[place][0] or f"id{place}")
        if title == wanted:
            return 0
        if " ".join(title).startswith(" ".join(wanted)):
            return 1
        kinds = (str.__eq__, str.startswith, str.__contains__)
        return next((number for number, how in enumerate(kinds, 2) if matches(tracks, place, wanted, how)), 5)

    assert found == sorted(found, key=lambda place: (class_of(place), place))


@given(CATALOGUES, st.data())
def test_a_title_with_one_typing_error_still_finds_its_track(tracks, data):
    place = data.draw(st.integers(0, len(tracks) - 1))
    long = [word for word in words_of(tracks[place][0] or f"id{place}") if len(word) >= SHORTEST_WITH_ERROR]
    if long:
        word = data.draw(st.sampled_from(long))
        at = data.draw(st.integers(0, len(word) - 1))
        changed = data.draw(
            st.sampled_from(
                [f"{word[:at]}{word[at + 1 :]}", f"{word[:at]}x{word[at:]}", f"{word[:at]}x{word[at + 1 :]}"]
            )
        )
        if len(changed) >= SHORTEST_WITH_ERROR:
            assert place in index_of(tracks, range(len(tracks))).search(changed, len(tracks))


@given(CATALOGUES, TEXTS, st.integers(1, 8), st.randoms(use_true_random=False))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(tracks, query, k, random):
    index = index_of(tracks, random.sample(range(len(tracks)), len(tracks)))
    longer = index.search(query, k + 1).tolist()
    shorter = index.search(query, k).tolist()
    assert shorter == longer[:k]


@given(CATALOGUES, st.data())
def test_a_whole_title_finds_a_track_of_that_title_first(tracks, data):
    index = index_of(tracks, range(len(tracks)))
    place = data.draw(st.integers(0, len(tracks) - 1))
    title = tracks[place][0] or f"id{place}"
    first = index.search(title, 1).tolist()
    if words_of(title):
        assert words_of(tracks[first[0]][0] or f"id{first[0]}") == words_of(title)
