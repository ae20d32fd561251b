"""Laws of the comparison with the past, for any batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validation.distributions import DISTRIBUTIONS, distance
from validation.history import Past, compare
from validation.kinds import Action, Between, Given, Holds, OneOf, Unique
from validation.profile import Profile
from validation.representatives import representatives
from validation.rules import SourceRules

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HISTORY = SourceRules().expectations("history")
COUNTS = st.lists(st.integers(0, 10_000), min_size=8, max_size=8).map(np.array).filter(np.any)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    rows = draw(st.integers(1_000, 10_000))
    return Profile(
        rows={"interactions": rows, "tracks": rows},
        missing={"tracks.isrc": draw(st.integers(0, rows))},
        looked_up=rows,
        unknown_tracks=draw(st.integers(0, rows)),
        counts={"kind": draw(COUNTS), "rating": draw(COUNTS)},
    )


def breaches(batch: Profile, past: Past) -> set[tuple[str, str]]:
    """Return which rule is broken by what."""
    found = compare(batch, past, least_rows=1)
    return {
        (rule.name, each.what)
        for rule in HISTORY
        for each in found[rule.reads]
        if each.figure is not None and not within(rule.rule, each.figure)
    }


def within(rule, figure: float) -> bool:
    ends = rule.bounds(NOW)
    return (ends.minimum is None or figure >= ends.minimum) and (ends.maximum is None or figure <= ends.maximum)


def past_of(*batches: Profile) -> Past:
    past = Past()
    for batch in batches:
        past = past.with_batch(batch, NOW, keep=20)
    return past


@given(profiles(), st.integers(1, 4))
def test_a_batch_that_is_like_the_past_breaks_no_rule(profile, times):
    assert breaches(profile, past_of(*[profile] * times)) == set()


@given(profiles(), profiles())
def test_the_further_a_batch_moves_from_the_past_the_more_is_found(past, other):
    # Step by step all tracks become unknown, all codes go missing, and the distributions become those of the other.
    everything = past.rows["tracks"]
    stranger = replace(past, missing={"tracks.isrc": everything}, unknown_tracks=everything, counts=other.counts)
    found: list[set[tuple[str, str]]] = []
    for step in range(9):
        batch = sum(
            [equal_in_weight(past, stranger)] * (8 - step) + [equal_in_weight(stranger, past)] * step, Profile()
        )
        found.append({each for each in breaches(batch, past_of(past)) if each[0] != "history.rows"})
    assert all(before <= after for before, after in pairwise(found))


def equal_in_weight(one: Profile, other: Profile) -> Profile:
    """Return a profile with its counts multiplied so that both have as many."""
    return replace(one, counts={name: counts * int(other.counts[name].sum()) for name, counts in one.counts.items()})


@given(profiles(), profiles(), profiles())
def test_profiles_add_up_in_any_order(one, two, three):
    assert ((one + two) + three).to_json() == (three + (two + one)).to_json()


@given(COUNTS, COUNTS, COUNTS)
def test_the_distance_is_a_metric_from_0_to_1(one, two, three):
    assert 0 <= distance(one, two) <= 1
    assert distance(one, one * 3) == pytest.approx(0, abs=1e-7)
    assert distance(one, two) == pytest.approx(distance(two, one))
    assert distance(one, three) <= distance(one, two) + distance(two, three) + 1e-9


@given(st.lists(st.floats(allow_nan=False), max_size=30), st.sampled_from(sorted(DISTRIBUTIONS)))
def test_every_number_is_counted_in_one_bin(numbers, name):
    each = DISTRIBUTIONS[name]
    counts = np.bincount(np.searchsorted(each.edges, numbers, side="right"), minlength=each.bins)
    assert counts.sum() == len(numbers)
    assert len(counts) == each.bins


TEXTS = st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=6)
NUMBERS = st.lists(st.sampled_from([None, -1.0, 0.0, 0.5, 1.0, 2.0, float("inf")]), min_size=1, max_size=6)


@settings(max_examples=300)
@given(TEXTS, NUMBERS)
def test_what_stands_for_a_column_passes_exactly_when_the_column_does(texts, numbers):
    def unique(values):
        return len(set(values)) == len(values)

    def there(values):
        return [value for value in values if value is not None]

    checks = [
        (Given(action=Action.WARN), texts, lambda values: None not in values),
        (Holds(action=Action.WARN), texts, lambda values: not there(values)),
        (OneOf(action=Action.WARN, values=("a",)), texts, lambda values: set(there(values)) <= {"a"}),
        (Unique(action=Action.STOP), texts, lambda values: unique(there(values))),
        (
            Between(action=Action.WARN, minimum=0, maximum=1),
            numbers,
            lambda values: all(0 <= value <= 1 for value in there(values)),
        ),
    ]
    for rule, values, passes in checks:
        column = pa.chunked_array([pa.array(values, pa.string() if values is texts else pa.float64())])
        assert passes(representatives(column, rule).to_pylist()) == passes(values)
