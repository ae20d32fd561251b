"""What newcomers have in common that the listeners before them have not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from validation.distinct_texts import texts_once
from validation.newcomers import Newcomers


def rows(listening):
    """Return interactions from listener -> tracks."""
    pairs = [(who, track) for who, tracks in listening.items() for track in tracks]
    return pa.table({c.USER_ID: [who for who, _ in pairs], c.TRACK_ID: [track for _, track in pairs]})


def crowd(newcomers, others):
    """Return two kinds of listeners, each with the tracks that its number gives."""
    return {f"new{n}": newcomers(n) for n in range(30)} | {f"old{n}": others(n) for n in range(60)}


KNOWN = pa.array([f"old{n}" for n in range(60)])


def test_a_track_that_only_newcomers_know_leads():
    found = Newcomers.of(rows(crowd(lambda n: ["target", f"t{n}"], lambda n: [f"t{n % 30}"])), KNOWN)
    both = 30 / 90
    assert found.lead() == pytest.approx(1 - 3 * (both * (1 - both) * (1 / 30 + 1 / 60)) ** 0.5)


def test_a_hit_that_everybody_hears_does_not():
    found = Newcomers.of(rows(crowd(lambda n: ["hit", f"t{n}"], lambda n: ["hit", f"t{n % 30}"])), KNOWN)
    assert found.lead() == pytest.approx(0, abs=0.1)


def test_hearing_a_track_often_counts_once():
    found = Newcomers.of(rows(crowd(lambda n: [f"t{n}"] * 50, lambda n: [f"t{n % 30}"])), KNOWN)
    assert (found.newcomers, found.others) == (30, 60)
    both = 3 / 90  # each track has one of 30 and two of 60: no lead
    assert found.lead() == pytest.approx(-3 * (both * (1 - both) * (1 / 30 + 1 / 60)) ** 0.5)


def test_few_newcomers_are_not_compared():
    few = {who: tracks for who, tracks in crowd(lambda _: ["target"], lambda _: ["hit"]).items() if who < "new5"}
    assert Newcomers.of(rows(few), KNOWN).lead() is None


def test_parts_that_share_no_listener_add_up_and_texts_may_be_held_once():
    listening = crowd(lambda n: ["target", f"t{n}"], lambda n: [f"t{n % 30}"])
    names = sorted(listening)
    halves = [{who: listening[who] for who in names[start::2]} for start in (0, 1)]
    parts = [Newcomers.of(texts_once(rows(half)), KNOWN) for half in halves]
    assert (parts[0] + parts[1]).lead() == pytest.approx(Newcomers.of(rows(listening), KNOWN).lead())
