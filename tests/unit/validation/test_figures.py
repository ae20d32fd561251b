"""The figures of the tables as a whole."""

from __future__ import annotations

import pytest

from pipelines.data import columns as c
from pipelines.data.reading import Reading
from tests.support.dirty_tables import LISTENERS, NOW, TRACKS, interaction, playlist_row, tables, track
from tests.support.profiles import profile_batch
from validation.batch_rules import BatchRules
from validation.figures import TABLES, Listening, measure
from validation.gate import check
from validation.rules import GateRules


def figures(given, kept=None, unreadable=None, rules=None):
    kept = kept or given
    read = {name: len(getattr(given, name)) + (unreadable or {}).get(name, 0) for name in TABLES}
    listening = Listening.of(kept.interactions.data)
    return measure(listening, profile_batch(given, kept), read, kept.tracks, rules or BatchRules(), NOW)


def test_there_is_one_figure_for_each_rule():
    rules = GateRules().for_source("files", Reading.POPULATION)
    measured = check(tables(), rules, docs=None, now=NOW).judgement.figures
    assert {name for name in measured if not name.startswith("missing.")} == set(BatchRules.model_fields)


def test_rows_listeners_and_tracks_are_counted_after_the_rows_were_judged():
    kept = tables([interaction(), interaction(), interaction(user_id=LISTENERS[1], track_id=TRACKS[1])])
    found = figures(tables(), kept)
    assert (found["interactions"], found["listeners"], found["tracks_played"]) == (3, 2, 2)


def test_the_lost_share_counts_unreadable_rows_too():
    given = tables([interaction()] * 6, playlists=[playlist_row()] * 4)
    kept = tables([interaction()] * 5, playlists=[playlist_row()])
    found = figures(given, kept, {"interactions": 4})
    assert found["interactions_lost"] == pytest.approx((1 + 4) / (6 + 4))
    assert found["tracks_lost"] == 0
    assert found["playlists_lost"] == pytest.approx(3 / 4)


def test_the_join_rate_is_that_of_the_rows_as_read():
    given = tables([interaction(), interaction(track_id="stranger"), interaction(), interaction()])
    assert figures(given, tables([interaction()]))["join_rate"] == pytest.approx(3 / 4)


@pytest.mark.parametrize(("listeners_above", "share"), [(1, 3 / 4), (2, None)])
def test_the_largest_listener_is_looked_at_only_among_many(listeners_above, share):
    rules = BatchRules()
    rules = rules.model_copy(
        update={"largest_listener": rules.largest_listener.model_copy(update={"listeners_above": listeners_above})}
    )
    given = tables([interaction()] * 3 + [interaction(user_id=LISTENERS[1])])
    assert figures(given, rules=rules)["largest_listener"] == share


@pytest.mark.parametrize(("counts", "different"), [([], None), ([3.0], None), ([3.0, 3.0], 1), ([3.0, 4.0, 3.0], 2)])
def test_play_counts_are_compared_where_there_are_two(counts, different):
    plays = [interaction(kind=c.PLAY_COUNT, value=count) for count in counts]
    assert figures(tables([interaction(), *plays]))["distinct_play_counts"] == different


def test_a_feature_with_one_value_for_all_is_a_default_someone_filled_in():
    half = dict.fromkeys(c.AUDIO_FEATURES)
    catalogue = [
        track(track_id="a", **half | {c.ENERGY: 0.5, c.VALENCE: 0.1, c.TEMPO: 90.0}),
        track(track_id="b", **half | {c.ENERGY: 0.5, c.VALENCE: 0.2}),
        track(track_id="c", **half),
    ]
    assert figures(tables(tracks=catalogue))["constant_features"] == 1


def test_figures_of_parts_that_share_no_listener_add_up():
    first = [interaction(), interaction(kind=c.PLAY_COUNT, value=3.0)]
    second = [interaction(user_id=LISTENERS[1], kind=c.PLAY_COUNT, value=value) for value in (3.0, 4.0, 5.0)]
    one, two, whole = (Listening.of(tables(rows).interactions.data) for rows in (first, second, first + second))
    assert one + two == whole
    assert Listening() + whole == whole


def test_nothing_is_measured_of_nothing():
    found = figures(tables((), ()))
    assert found["interactions"] == found["listeners"] == found["tracks_played"] == found["constant_features"] == 0
    unknown = ("interactions_lost", "tracks_lost", "playlists_lost", "join_rate", "largest_listener")
    assert [found[name] for name in unknown] == [None] * 5
