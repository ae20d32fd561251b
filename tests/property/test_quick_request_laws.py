"""What the quick way to read a request promises: whatever it takes, the full one takes for the same."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from serving.schemas import RecommendationsRequest
from serving.schemas.quick import QuickRequest, read_request

NUMBERS = st.one_of(st.integers(-2, 1_000), st.floats(allow_nan=False), st.sampled_from([1e9, 1e9 + 1, 20.0, 2**70]))
ODD = st.one_of(NUMBERS, st.none(), st.booleans(), st.text(max_size=3), st.lists(st.text(max_size=2), max_size=2))
IDS = st.one_of(st.text(max_size=4), st.sampled_from(["x" * 256, "x" * 257, "\ud800", "\u0000", "🎵" * 256]))
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "history": st.one_of(st.dictionaries(IDS, st.one_of(NUMBERS, ODD), max_size=4), ODD),
        "k": st.one_of(st.integers(-1, 202), ODD),
        "reasons": st.one_of(st.integers(-1, 22), ODD),
        "exclude": st.one_of(st.lists(IDS, max_size=3), ODD),
        "seeds": ODD,
        "user_id": ODD,
        "other": ODD,
    },
)


def read_fully(body):
    try:
        return RecommendationsRequest.model_validate_json(body)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False, include_input=False)


def read_quickly(body):
    try:
        return read_request(body)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False, include_input=False)


def check(body):
    quick, full = read_quickly(body), read_fully(body)
    if not isinstance(quick, QuickRequest):
        assert quick == full
        return
    assert isinstance(full, RecommendationsRequest)
    for read in (quick, full):
        assert list(read.weights().items()) == list(full.history.items())
        assert (read.k, read.reasons, read.exclude, read.user_id) == (full.k, full.reasons, full.exclude, None)
        assert read.wishes(("Björk",)) == full.wishes(("Björk",))
        assert read.wishes() == full.wishes()


@given(BODIES)
def test_both_ways_read_the_same(body):
    check(json.dumps(body).encode())


RAW = [
    b'{"history": {"a": 1, "b": 2, "a": 3}, "k": 3, "k": 4}',
    b'{"history": {"a": 1e400}}',
    b'{"history": {"a": 1e-400}}',
    b'{"history": {"\xff": 1}}',
    b'{"history": {"\x01": 1}}',
    b'\xef\xbb\xbf{"history": {"a": 1}}',
    b' {"history": {"a": 01}}',
    b'{"history": {"a": 1}} x',
    b'{"history": {"a": NaN}}',
    b'{"history": {"a": 1}, "k": 1' + b"0" * 5_000 + b"}",
    b"[" * 2_000,
]


@pytest.mark.parametrize("body", RAW)
def test_both_ways_read_odd_texts_the_same(body):
    check(body)


def test_the_usual_request_is_read_quickly():
    usual = b'{"history": {"a": 1, "b": 2.5}, "k": 20, "exclude": ["c"]}'
    assert isinstance(read_request(usual), QuickRequest)
    assert isinstance(read_request(b'{"seeds": [{"track_id": "a"}]}'), RecommendationsRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"history": {"a": 1}, "dials": {}}', type=QuickRequest)
