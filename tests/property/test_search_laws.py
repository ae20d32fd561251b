"""What search promises for any catalogue: it finds exactly the tracks whose words begin as the query's do."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from serving.search import SearchIndex, words_of

# Few letters, so that words share beginnings; some that fold, and one that is no letter.
TEXTS = st.text(alphabet="abäB' !", max_size=8)
CATALOGUES = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8)


def index_of(tracks, order):
    ids = [f"id{place}" for place in range(len(tracks))]
    titles = [title for title, _ in tracks]
    artists = [[artist] for _, artist in tracks]
    table = {c.TRACK_ID: ids, c.TITLE: titles, c.ARTISTS: artists, c.SOURCE: ["x"] * len(ids)}
    return SearchIndex.build(TrackCatalogue(pa.table(table)), np.array(order))


def words(tracks, place):
    title, artist = tracks[place]
    return words_of(title or f"id{place}") + words_of(artist)


def matches(tracks, place, wanted, fits):
    return all(any(fits(have, want) for have in words(tracks, place)) for want in wanted)


@given(CATALOGUES, TEXTS, st.randoms(use_true_random=False))
def test_every_track_that_matches_is_found_once_and_no_other(tracks, query, random):
    order = random.sample(range(len(tracks)), len(tracks))
    found = index_of(tracks, order).search(query, len(tracks)).tolist()
    wanted = words_of(query)
    begins = {place for place in order if wanted and matches(tracks, place, wanted, str.startswith)}
    inside = {place for place in order if wanted and matches(tracks, place, wanted, str.__contains__)}
    looked_inside = len(begins) < len(tracks) and all(len(word) >= 3 for word in wanted)
    assert len(found) == len(set(found))
    assert set(found) == (inside if looked_inside else begins)


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
