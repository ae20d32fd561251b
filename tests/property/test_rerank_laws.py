"""What filters and dials promise, for any facts about the tracks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.recommenders import rerank
from pipelines.recommenders.facts import TrackFacts
from pipelines.recommenders.rerank import Dials, Filters, Wishes, allowed, choose

ARTISTS, GENRES = "ABCD", ("folk", "techno", "jazz")
TRACK = st.fixed_dictionaries(
    {
        c.ARTISTS: st.lists(st.sampled_from(ARTISTS), max_size=1),
        c.GENRES: st.lists(st.sampled_from(GENRES), max_size=2, unique=True),
        c.RELEASE_DATE: st.sampled_from([None, "1969", "1984-02-03", "2001-09", "soon"]),
        c.EXPLICIT: st.sampled_from([None, True, False]),
        c.ENERGY: st.sampled_from([None, 0.0, 0.4, 0.9]),
        c.TEMPO: st.sampled_from([None, 80.0, 120.0, 200.0]),
        "listeners": st.integers(0, 50),
    }
)
WORLDS = st.lists(TRACK, min_size=1, max_size=14)
DIAL = st.sampled_from([-1.0, -0.6, -0.3, 0.0, 0.1, 0.5, 1.0])
FULL = st.builds(
    Dials,
    adventure=DIAL,
    popularity=DIAL,
    diversity=st.sampled_from([0.0, 0.2, 0.7, 1.0]),
    audio=st.fixed_dictionaries({}, optional={c.ENERGY: st.floats(0, 1), c.TEMPO: st.floats(40, 200)}),
)
K = st.integers(1, 6)


def facts_of(world):
    columns = {name: [track[name] for track in world] for name in world[0] if name != "listeners"}
    ids = {c.TRACK_ID: [f"t{place}" for place in range(len(world))], c.SOURCE: ["x"] * len(world)}
    typed = {name: pa.array(values, c.TRACK_SCHEMA.field(name).type) for name, values in columns.items()}
    return TrackFacts.of(TrackCatalogue(pa.table(typed | ids)), np.array([track["listeners"] for track in world]))


def chosen(world, k, dials, *, per_artist=None, history=()):
    candidates = np.arange(len(world))
    wishes = Wishes(Filters(per_artist=per_artist), dials)
    return choose(facts_of(world), candidates, np.array(history, dtype=np.int64), k, wishes).tolist()


@given(WORLDS, K)
def test_at_rest_the_order_is_the_models(world, k):
    assert chosen(world, k, Dials()) == list(range(min(k, len(world))))


@given(WORLDS, K, FULL, st.sampled_from([None, 1, 2]))
def test_a_list_has_each_track_once_and_is_as_long_as_it_can_be(world, k, dials, per_artist):
    found = chosen(world, k, dials, per_artist=per_artist)
    assert len(set(found)) == len(found)
    if per_artist is None:
        assert len(found) == min(k, len(world))
    else:
        counts = [sum(artist in world[place][c.ARTISTS] for place in found) for artist in ARTISTS]
        assert max(counts) <= per_artist
        full = {artist for artist, count in zip(ARTISTS, counts, strict=True) if count == per_artist}
        left = [place for place in range(len(world)) if place not in found and not full & {*world[place][c.ARTISTS]}]
        assert len(found) == k or not left


@given(WORLDS, K, FULL, DIAL, DIAL, st.sampled_from([None, 1]))
def test_more_popularity_never_lowers_the_mean_popularity_of_a_list(world, k, dials, one, other, per_artist):
    facts = facts_of(world)

    def mean(dial):
        turned = Dials(dials.adventure, dial, 0.0, dials.audio)
        return rerank.popularity(facts, np.array(chosen(world, k, turned, per_artist=per_artist))).mean()

    assert mean(min(one, other)) <= mean(max(one, other)) + 1e-9


@given(WORLDS, K, FULL, DIAL, DIAL, st.data())
def test_more_adventure_never_makes_a_list_more_familiar(world, k, dials, one, other, data):
    facts = facts_of(world)
    history = np.array(data.draw(st.lists(st.integers(0, len(world) - 1), max_size=3)), dtype=np.int64)

    def mean(dial):
        found = np.array(chosen(world, k, Dials(dial, dials.popularity, 0.0, dials.audio), history=history))
        return rerank.familiarity(facts, found, history).mean()

    assert mean(max(one, other)) <= mean(min(one, other)) + 1e-9


@given(WORLDS, K, FULL, st.sampled_from([0.0, 0.1, 0.34, 0.8]), st.sampled_from([0.0, 0.2, 0.6, 1.0]))
def test_more_diversity_never_makes_a_list_more_alike(world, k, dials, one, other):
    facts = facts_of(world)

    def diversity(dial):
        found = np.array(chosen(world, k, Dials(dials.adventure, dials.popularity, dial, dials.audio)))
        looks = rerank.looks_of(facts, found)
        return rerank.spread((looks @ looks.T).toarray(), np.arange(len(found)))

    assert diversity(min(one, other)) <= diversity(max(one, other)) + 1e-6


def test_where_the_next_step_of_the_greedy_list_is_more_alike_the_one_before_stays():
    # Four tracks by their labels; weighing diversity by .8 alone takes three that are more alike than by .7.
    looks = sp.csr_array(np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0], [1, 0, 1, 1]], dtype=float))
    looks = sp.csr_array(looks.toarray() / np.sqrt(looks.toarray().sum(axis=1))[:, None])
    likeness, worth = (looks @ looks.T).toarray(), 1 - np.arange(4) / 3
    alone = [rerank.spread(likeness, rerank._marginal(likeness, worth, 3, step)) for step in (0.7, 0.8, 0.9)]
    assert alone[1] < alone[0] < alone[2]
    chosen_ = [rerank.spread(likeness, rerank._diverse(looks, worth, 3, dial)) for dial in (0.7, 0.8, 0.9)]
    assert np.allclose(chosen_, [alone[0], alone[0], alone[2]])


@given(WORLDS, st.fixed_dictionaries({c.ENERGY: st.floats(0, 1)}, optional={c.TEMPO: st.floats(40, 200)}))
def test_tracks_nobody_measured_keep_their_order_and_the_nearer_of_two_neighbours_rises(world, audio):
    order = chosen(world, len(world), Dials(audio=audio))
    unmeasured = [place for place in order if all(world[place][name] is None for name in audio)]
    assert unmeasured == sorted(unmeasured)
    near = rerank.closeness(facts_of(world), np.arange(len(world)), audio)
    assert ((near >= 0) & (near <= 1)).all()
    measured = [place for place in range(len(world)) if place not in unmeasured]
    if measured:
        assert np.allclose(near[unmeasured], near[measured].mean())
    for ahead in range(len(world)):
        for behind in range(ahead + 1, len(world)):
            if near[ahead] >= near[behind]:
                assert order.index(ahead) < order.index(behind)


@settings(max_examples=200)
@given(
    WORLDS,
    st.builds(
        Filters,
        artists=st.lists(st.sampled_from(["a", "B ", "nobody"]), max_size=2).map(tuple),
        explicit=st.sampled_from(["any", "no"]),
        years=st.tuples(st.sampled_from([None, 1970, 1984]), st.sampled_from([None, 1984, 2000])),
        genres=st.lists(st.sampled_from(["Folk", "JAZZ", "polka"]), max_size=2).map(tuple),
    ),
)
def test_a_filter_lets_through_exactly_what_it_says(world, filters):
    def passes(track):
        date = track[c.RELEASE_DATE]
        year = int(date[:4]) if date and date[:4].isdigit() else None
        first, last = filters.years
        blocked = {name.strip().lower() for name in filters.artists} & {name.lower() for name in track[c.ARTISTS]}
        wanted = {name.lower() for name in filters.genres}
        return (
            not blocked
            and not (filters.explicit == "no" and track[c.EXPLICIT])
            and (first is None or (year is not None and year >= first))
            and (last is None or (year is not None and year <= last))
            and (not filters.genres or bool(wanted & {*track[c.GENRES]}))
        )

    found = allowed(facts_of(world), np.arange(len(world)), filters)
    assert found.tolist() == [passes(track) for track in world]


@given(WORLDS)
def test_facts_are_read_back_as_they_were_stored(world):
    facts = facts_of(world)
    again = TrackFacts.load(facts.arrays())
    for place, track in enumerate(world):
        assert [again.artists.shown[code] for code in again.artists.of_track(place)] == track[c.ARTISTS]
        assert [again.labels.shown[code] for code in again.labels.of_track(place)] == track[c.GENRES]
    np.testing.assert_array_equal(again.audio, facts.audio)


@given(st.lists(st.lists(st.sampled_from(["Rock", "rock ", "ROCK", "jazz", " "]), max_size=5), min_size=1, max_size=5))
def test_a_name_told_twice_is_told_once(labels):
    world = [{c.ARTISTS: [], c.GENRES: each, "listeners": 0} for each in labels]
    facts = facts_of(world)
    for place, each in enumerate(labels):
        folded = [name.casefold().strip() for name in each]
        names = [facts.labels.names[code] for code in facts.labels.of_track(place).tolist()]
        assert names == [name for name in dict.fromkeys(folded) if name]
    lengths = rerank.looks_of(facts, np.arange(len(world))).power(2).sum(axis=1)
    np.testing.assert_allclose(lengths, [1.0 if any(map(str.strip, each)) else 0.0 for each in labels], rtol=1e-6)
