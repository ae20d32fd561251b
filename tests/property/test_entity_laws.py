"""Laws of entity resolution, checked against a few lines that say the same of each pair of tracks."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.data.entities import Corrections, resolve
from pipelines.data.names import name_key
from pipelines.data.performers import performers
from tests.support.catalogues import catalogue, track

_IDS = [
    *(f"spotify:track:{number}" for number in range(3)),
    *(f"mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47a{digit}" for digit in "01A"),
    "mbid:8f3471b5-7e6a-48da-86a9-c1c07a0f47aa",
    *(f"lastfm:0c2f9a51e88b4d3f0a7{digit}" for digit in "01"),
    *(f"files:{number}" for number in range(2)),
]
_TITLES = st.sampled_from(["Jóga", "joga", "Jóga - Remastered", "Jóga (Live)", None])
_ARTISTS = st.sampled_from([["Björk"], ["Bjork"], ["Björk", "Ann"], ["Björk", "Bob"], ["Björk", "Ann", "Bob"], []])
_TRAITS = {
    "isrc": st.sampled_from([None, None, "GBAYE0601498", "USRC17607839"]),
    "duration_ms": st.sampled_from([None, 200_000, 203_000, 206_000, 240_000]),
    "album": st.sampled_from([None, "Homogenic", "Debut"]),
}


@st.composite
def tracks(draw, artists=_ARTISTS):
    ids = draw(st.lists(st.sampled_from(_IDS), unique=True, max_size=8))
    return [
        track(each, draw(_TITLES), *draw(artists), **{name: draw(values) for name, values in _TRAITS.items()})
        for each in ids
    ]


pairs = st.lists(
    st.tuples(st.sampled_from(_IDS), st.sampled_from(_IDS)).filter(lambda pair: pair[0] != pair[1]), max_size=3
)


def classes(edges):
    """Return id -> the set of ids it is tied to."""
    group = {each: {each} for each in _IDS}
    for one, other in edges:
        united = group[one] | group[other]
        group |= dict.fromkeys(united, united)
    return group


@st.composite
def corrections(draw):
    same, apart = draw(pairs), draw(pairs)
    group = classes(same)
    return Corrections(tuple(same), tuple(pair for pair in apart if pair[1] not in group[pair[0]]))


def recordings(rows, said):
    """Return the recordings as lists of rows."""
    aliases = resolve(catalogue(*rows), said).matches.aliases
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(aliases.get(row["track_id"], row["track_id"]), []).append(row)
    return list(found.values())


def mbid(row):
    return row["track_id"].lower() if row["track_id"].startswith("mbid:") else None


def strongly_tied(one, other, said):
    ids = {one["track_id"], other["track_id"]}
    same_isrc = one["isrc"] is not None and one["isrc"] == other["isrc"]
    return same_isrc or (mbid(one) and mbid(one) == mbid(other)) or any(set(pair) == ids for pair in said.same)


def strong_groups(rows, said):
    group = classes((a["track_id"], b["track_id"]) for a, b in combinations(rows, 2) if strongly_tied(a, b, said))
    distinct = {frozenset(group[row["track_id"]]) for row in rows}
    return [[row for row in rows if row["track_id"] in each] for each in distinct]


def key(row):
    return name_key(row["artists"][0], row["title"]) if row["artists"] and row["title"] else None


def authority(row):
    return row["track_id"].partition(":")[0]


def artists(rows):
    return set().union(*(performers(row["artists"], row["title"]) for row in rows))


def speaks_against(one, other, said):
    """Tell whether anything keeps two groups of rows from being joined by a name."""
    lengths = [[row["duration_ms"] for row in rows if row["duration_ms"] is not None] for rows in (one, other)]
    return (
        not {authority(row) for row in one}.isdisjoint(authority(row) for row in other)
        or all(any(row["isrc"] for row in rows) for rows in (one, other))
        or all(any(mbid(row) for row in rows) for rows in (one, other))
        or any(abs(a - b) > 5_000 for a, b in product(*lengths))
        or not (artists(one) <= artists(other) or artists(other) <= artists(one))
        or any({a["track_id"], b["track_id"]} == set(pair) for a, b in product(one, other) for pair in said.apart)
    )


@given(tracks(), corrections(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_corrections_does_not_matter(rows, said, random):
    expected = resolve(catalogue(*rows), said)
    shuffled = random.sample(rows, len(rows))
    turned = tuple((other, one) for one, other in random.sample(said.same, len(said.same)))
    again = resolve(catalogue(*shuffled), Corrections(turned, tuple(random.sample(said.apart, len(said.apart)))))
    assert again.matches.data.equals(expected.matches.data)
    assert again.unknown == expected.unknown


@given(tracks(), corrections())
def test_being_the_same_recording_is_an_equivalence(rows, said):
    matches = resolve(catalogue(*rows), said).matches
    ids = {row["track_id"] for row in rows}
    assert set(matches.aliases) <= ids
    assert set(matches.aliases.values()) <= ids - set(matches.aliases)
    for row in matches.data.to_pylist():
        hangs_on = row["matched_id"]
        assert hangs_on != row["track_id"]
        assert matches.aliases.get(hangs_on, hangs_on) == row["canonical_id"]


@given(tracks(), corrections())
def test_a_correction_always_wins(rows, said):
    place = {row["track_id"]: number for number, each in enumerate(recordings(rows, said)) for row in each}
    for one, other in said.same:
        if one in place and other in place:
            assert place[one] == place[other]
    for one, other in said.apart:
        if one in place and other in place:
            assert place[one] != place[other]


@given(tracks(), pairs)
def test_equal_codes_are_one_recording_where_no_correction_parts_them(rows, same):
    said = Corrections(same=tuple(same))
    place = {row["track_id"]: number for number, each in enumerate(recordings(rows, said)) for row in each}
    for one, other in combinations(rows, 2):
        if strongly_tied(one, other, said):
            assert place[one["track_id"]] == place[other["track_id"]]


@given(tracks(), corrections())
def test_a_name_joins_only_where_nothing_speaks_against_it(rows, said):
    for recording in recordings(rows, said):
        groups = strong_groups(recording, said)
        for one, other in combinations(groups, 2):
            assert not speaks_against(one, other, said)
        shared = classes(
            (a["track_id"], b["track_id"])
            for a, b in combinations(recording, 2)
            if strongly_tied(a, b, said) or (key(a) and key(a) == key(b))
        )
        assert all(shared[row["track_id"]] >= {each["track_id"] for each in recording} for row in recording)


@given(tracks(artists=st.sampled_from([["Björk"], ["Björk", "Ann"]])), corrections())
def test_no_two_recordings_are_left_that_a_name_could_join(rows, said):
    for one, other in combinations(recordings(rows, said), 2):
        if any(key(a) and key(a) == key(b) for a, b in product(one, other)):
            parts = product(strong_groups(one, said), strong_groups(other, said))
            assert any(speaks_against(a, b, said) for a, b in parts)


@given(tracks(), corrections())
def test_saying_what_was_found_changes_nothing(rows, said):
    found = resolve(catalogue(*rows), said).matches.aliases
    group = classes(said.same)
    assume(all(other not in group[one] for one, other in said.apart))
    again = resolve(catalogue(*rows), Corrections((*said.same, *found.items()), said.apart))
    assert again.matches.aliases == found


@given(tracks(), corrections())
def test_a_track_that_shares_nothing_changes_nothing(rows, said):
    stranger = track("other:1", "A song of its own", "Nobody")
    assert resolve(catalogue(*rows, stranger), said).matches.data.equals(resolve(catalogue(*rows), said).matches.data)
