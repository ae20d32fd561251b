"""The failures of the lab as pure functions, and what counts as caught."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from itertools import pairwise

import pyarrow.compute as pc
import pytest

from pipelines.config import TrainingConfig
from pipelines.data import columns as c
from pipelines.errors import ConfigError
from pipelines.testing.lab.account import Guard, Outcome
from pipelines.testing.lab.failures import failure_named, failures
from pipelines.testing.lab.world import healthy_world

WORLD = healthy_world()
#: The dose with which nothing happens.
NOTHING = {"drifted-feature-scale": 1.0}
NAMES = [failure.name for failure in failures()]


def spoilt(name, dose=None):
    return failure_named(name).inject(WORLD, 7, dose)


def rows(world):
    return world.delivery.interactions


def test_the_ten_classics_are_there():
    assert len(NAMES) == len(set(NAMES)) == 10
    assert all(failure.guards and "{" not in failure.injected for failure in failures())
    with pytest.raises(ConfigError, match="Choose one of: leaked-test-rows"):
        failure_named("solar-flare")


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_is_the_same_every_time_and_leaves_the_healthy_world_alone(name):
    before = rows(WORLD), WORLD.delivery.tracks
    one, other = spoilt(name), spoilt(name)
    assert rows(one).equals(rows(other))
    assert one.delivery.tracks.equals(other.delivery.tracks)
    assert (rows(WORLD), WORLD.delivery.tracks) == before
    changed = not rows(one).equals(rows(WORLD)) or not one.delivery.tracks.equals(WORLD.delivery.tracks)
    assert changed or one.later is not None or one.training != WORLD.training


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"popularity-in-disguise", "stale-champion"}])
def test_without_a_dose_nothing_happens(name):
    world = spoilt(name, NOTHING.get(name, 0.0))
    assert (
        rows(world)
        .sort_by([(c.USER_ID, "ascending"), (c.AT, "ascending")])
        .equals(rows(WORLD).sort_by([(c.USER_ID, "ascending"), (c.AT, "ascending")]))
    )
    assert world.delivery.tracks.equals(WORLD.delivery.tracks)


def test_ids_slip_among_the_tracks_that_are_there():
    before, after = WORLD.delivery.tracks, spoilt("broken-id-map").delivery.tracks
    assert sorted(before[c.TRACK_ID].to_pylist()) == sorted(after[c.TRACK_ID].to_pylist())
    assert not pc.any(pc.equal(before[c.TRACK_ID], after[c.TRACK_ID])).as_py()
    assert before[c.TITLE].equals(after[c.TITLE])


def test_swapped_labels_swap_back():
    twice = failure_named("label-swap").inject(spoilt("label-swap"), 7)
    assert rows(twice).equals(rows(WORLD))


def test_fake_accounts_share_their_target_and_nothing_else():
    fakes = rows(spoilt("poisoned-ratings")).slice(rows(WORLD).num_rows).to_pandas()
    share = fakes.groupby(c.TRACK_ID)[c.USER_ID].nunique() / fakes[c.USER_ID].nunique()
    assert share.max() == 1.0
    assert (share == 1.0).sum() == 1
    assert set(fakes[c.VALUE]) == {4.0, 5.0}


def test_people_who_come_twice_did_the_same_under_both_names():
    table = rows(spoilt("leaked-test-rows")).to_pandas()
    again = table[table[c.USER_ID].str.startswith("again-")]
    assert again[c.USER_ID].nunique() == 150
    one = again[c.USER_ID].iloc[0]
    past = WORLD.past[0].interactions.to_pandas()
    own = past[past[c.USER_ID] == one.removeprefix("again-")]
    assert set(own[c.TRACK_ID]) <= set(again[again[c.USER_ID] == one][c.TRACK_ID])


def test_listening_goes_on_for_as_many_days_as_nobody_trains():
    later = spoilt("stale-champion", 10).later.interactions
    last = pc.max(rows(WORLD)[c.AT]).as_py()
    assert last < pc.min(later[c.AT]).as_py() <= pc.max(later[c.AT]).as_py() <= last + timedelta(days=10)


def test_a_collapsed_model_has_as_many_factors_as_the_dose_says():
    config = TrainingConfig(**tomllib.loads(spoilt("popularity-in-disguise", 3).training))
    assert [(candidate.name, candidate.params) for candidate in config.candidates] == [("als", {"factors": 3})]
    assert config.evaluation == TrainingConfig(**tomllib.loads(WORLD.training)).evaluation


@pytest.mark.parametrize(
    ("fired", "good"),
    [
        ((), False),
        ((Guard("gate: batch.opinions", "", holds=False),), False),
        ((Guard("gate: history.shift", "", holds=True),), False),
        ((Guard("gate: history.shift", "", holds=False), Guard("gate: batch.opinions", "", holds=True)), True),
    ],
)
def test_only_a_guard_made_for_the_cause_that_holds_has_caught_it(fired, good):
    outcome = Outcome(failure_named("label-swap"), "stopped", fired, "home", 1.0)
    assert outcome.good is good
    assert outcome.to_json()["good"] is good


@pytest.mark.parametrize(("holds", "good"), [(False, True), (True, False)])
def test_the_healthy_world_may_be_warned_about_and_not_held_up(holds, good):
    assert Outcome(None, "got through", (Guard("gate: history.shift", "", holds),), "home", 1.0).good is good


def test_the_world_is_delivered_in_the_order_of_time():
    ends = [pc.min_max(part.interactions[c.AT]) for part in (*WORLD.past, WORLD.delivery)]
    assert all(one["max"].as_py() <= other["min"].as_py() for one, other in pairwise(ends))
