"""Whether opinions agree with listening, on a table that fits on a screen."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.data import columns as c
from validation.distinct_texts import texts_once
from validation.opinions import Opinions


def rows(*told):
    """Return interactions from (listener, track, kind, value)."""
    names = (c.USER_ID, c.TRACK_ID, c.KIND, c.VALUE)
    return pa.table({name: [row[place] for row in told] for place, name in enumerate(names)})


def heard_and_said(pairs=12, *, liked=c.LIKE, disliked=c.DISLIKE):
    """As many listeners hear a track they like and leave one they dislike."""
    told = []
    for number in range(pairs):
        who = f"u{number}"
        told += [(who, "good", c.PLAY, 200_000.0), (who, "good", liked, None)]
        told += [(who, "bad", c.SKIP, 4_000.0), (who, "bad", disliked, None)]
    return rows(*told)


def test_who_likes_a_track_hears_it_more_than_who_dislikes_one():
    assert Opinions.of(heard_and_said()).agreement() == 1.0


def test_exchanged_labels_turn_it_round():
    assert Opinions.of(heard_and_said(liked=c.DISLIKE, disliked=c.LIKE)).agreement() == 0.0


def test_texts_may_be_held_once():
    assert Opinions.of(texts_once(heard_and_said())).agreement() == 1.0


def test_ratings_of_four_and_more_are_likes_and_of_two_and_less_dislikes():
    told = []
    for number in range(10):
        who = f"u{number}"
        told += [(who, "good", c.PLAY, None), (who, "good", c.RATING, 4.0)]
        told += [(who, "bad", c.PLAY, 10_000.0), (who, "bad", c.RATING, 2.0)]
        told += [(who, "so-so", c.PLAY, None), (who, "so-so", c.RATING, 3.0)]
    found = Opinions.of(rows(*told))
    assert (found.liked.sum(), found.disliked.sum(), found.agreement()) == (10, 10, 1.0)


def test_the_figure_is_the_area_and_two_standard_errors():
    # 20 liked tracks heard once, and 20 disliked: 10 heard once, 10 left once. Of 400 pairings half are won, half tied.
    told = [(f"u{n}", "good", kind, None) for n in range(20) for kind in (c.PLAY, c.LIKE)]
    told += [(f"u{n}", "bad", kind, None) for n in range(20) for kind in (c.PLAY if n < 10 else c.SKIP, c.DISLIKE)]
    area, pairs = (200 + 200 / 2) / 400, 19
    first, second = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    error = ((area * (1 - area) + pairs * first + pairs * second) / 400) ** 0.5
    assert Opinions.of(rows(*told)).agreement() == pytest.approx(area + 2 * error)


def test_few_pairs_and_pairs_without_listening_say_nothing():
    assert Opinions.of(heard_and_said(pairs=9)).agreement() is None
    said = heard_and_said()
    silent = said.filter(pc.is_in(said[c.KIND], value_set=pa.array([c.LIKE, c.DISLIKE])))
    assert Opinions.of(silent).agreement() is None


def test_parts_that_share_no_listener_add_up():
    whole, half = heard_and_said(), heard_and_said().num_rows // 2
    parts = Opinions.of(whole.slice(0, half)) + Opinions.of(whole.slice(half))
    assert parts.liked.tolist() == Opinions.of(whole).liked.tolist()
    assert parts.agreement() == 1.0
