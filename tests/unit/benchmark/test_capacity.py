"""The capacity model: its laws find what runs were made by, and its plans are arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.testing.capacity.laws import Estimate, exponent, law
from pipelines.testing.capacity.planning import (
    Machine,
    Need,
    Price,
    bottleneck,
    ends_at,
    fits,
    machines,
    needs,
    night_of,
    workers,
)
from pipelines.testing.capacity.stages import STAGES, laws_of
from pipelines.testing.capacity.worlds import SPREAD, YAMBDA, World, products_of, wide
from pipelines.testing.long_tail import long_tailed
from tests.benchmarks.capacity import SIZES, measured, rows_of_engine

INGEST, FIT = (next(stage for stage in STAGES if stage.name == name) for name in ("ingest", "fit"))


def runs(constant, *slopes, sizes=((1, 7), (2, 3), (4, 1), (8, 9), (16, 2))):
    """Return exact runs of a law of two drivers."""
    names = ("plays", "tracks")[: len(slopes)]
    return [
        dict(zip(names, size, strict=False)) | {"s": constant + sum(c * x for c, x in zip(slopes, size, strict=False))}
        for size in sizes
    ]


def need(stage, hours, memory=None):
    exact = Estimate(hours, hours, hours, 1.0)
    return Need(stage, exact, None if memory is None else Estimate(memory, memory, memory, 1.0))


def test_a_law_finds_the_coefficients_that_runs_were_made_by():
    found = law("s", ("plays", "tracks"), runs(5.0, 2.0, 0.5))
    assert found.coefficients == pytest.approx([5.0, 2.0, 0.5], rel=1e-4)
    said = found.at({"plays": 100, "tracks": 4})
    assert said.value == pytest.approx(207, rel=1e-4)
    assert said.beyond == pytest.approx(100 / 16)
    assert found.worst == pytest.approx(1, rel=1e-4)


@given(
    st.floats(0.1, 10),
    st.floats(0.1, 10),
    st.lists(st.floats(0.8, 1.25), min_size=5, max_size=5),
    st.floats(0.5, 1e4),
)
def test_a_range_holds_its_value_and_every_run_lies_in_the_range_of_its_own_size(constant, slope, errors, size):
    noisy = [run | {"s": run["s"] * error} for run, error in zip(runs(constant, slope), errors, strict=True)]
    found = law("s", ("plays",), noisy)
    said = found.at({"plays": size})
    assert 0 < said.low <= said.value <= said.high
    for run in noisy:
        at = found.at(run)
        assert at.low * (1 - 1e-9) <= run["s"] <= at.high * (1 + 1e-9)


def test_what_does_not_drive_is_no_part_of_a_law_nor_of_how_far_it_reaches():
    found = law("s", ("plays", "tracks"), runs(5.0, 2.0, 0.0))
    assert found.coefficients[2] == 0
    assert found.at({"plays": 8, "tracks": 9_000}).beyond == 0.5


def test_three_runs_are_no_law():
    with pytest.raises(ValueError, match="3 runs are too few for a law of s by plays"):
        law("s", ("plays",), runs(1.0, 1.0)[:3])


@pytest.mark.parametrize("power", [1, 2])
def test_the_exponent_is_the_power_runs_grow_with(power):
    grown = [{"plays": n, "s": 7 + 3 * n**power} for n in (1, 10, 100, 1_000)]
    found = exponent("s", "plays", grown, constant=7)
    assert found.value == pytest.approx(power)
    assert found.low == pytest.approx(found.high)


def test_noise_widens_the_interval_of_the_exponent():
    noisy = [{"plays": n, "s": n * wrong} for n, wrong in ((1, 1), (10, 2), (100, 1), (1_000, 2))]
    found = exponent("s", "plays", noisy)
    assert found.low < 1 < found.high
    with pytest.raises(ValueError, match="2 runs are too few"):
        exponent("s", "plays", noisy[:2])


def test_products_are_the_squares_of_the_lengths_of_histories_and_a_world_says_about_as_many():
    histories = long_tailed(20_000, 8_000, 400_000)
    lengths = np.diff(histories.indptr)
    assert products_of(histories) == sum(int(n) ** 2 for n in lengths)
    assumed = SPREAD * histories.nnz**2 / 8_000
    assert 0.5 < products_of(histories) / assumed < 2


def test_a_world_of_longer_histories_has_more_products():
    long, short = World(1e6, 5e4, 200).drivers(), World(1e6, 5e4, 20_000).drivers()
    assert long["products"] == pytest.approx(100 * short["products"])
    assert wide(1e9).tracks == 1e7
    again = World(1e6, 5e4, 200, pairs_a_play=0.075).drivers()
    assert (again["pairs"], again["products"]) == pytest.approx((75_000, long["products"] / 100))
    assert YAMBDA["5b"].drivers()["scores"] == 9_390_623 * 1_000_000


def test_what_does_not_spread_has_one_core():
    assert need(INGEST, 8.0).hours(16) == 8.0
    assert need(FIT, 8.0).hours(16) == 0.5


def test_cost_is_core_hours_and_the_memory_held_meanwhile():
    assert need(FIT, 8.0, memory=10.0).cost(4, Price(core_hour=2.0)) == 16.0
    assert need(FIT, 8.0, memory=10.0).cost(4, Price(core_hour=2.0, gib_hour=0.5)) == 16.0 + 10 * 2 * 0.5


def test_the_bottleneck_is_what_needs_the_largest_share_of_the_machine():
    night = [need(INGEST, 2.0, memory=6.0), need(FIT, 16.0, memory=12.0)]
    found = bottleneck(night, Machine(cores=4, memory=16, hours=8))
    assert (found.stage.name, found.what, found.share) == ("fit", "memory", 0.75)
    found = bottleneck(night, Machine(cores=4, memory=160, hours=4))
    assert (found.stage.name, found.what, found.share) == ("fit", "time", 1.0)


def test_a_night_has_to_end_in_time_with_all_its_stages_together():
    night = [need(INGEST, 5.0), need(FIT, 16.0)]
    assert not fits(night, Machine(cores=4, memory=1, hours=8))
    assert fits(night, Machine(cores=4, memory=1, hours=9))


def test_machines_and_workers_are_rounded_up():
    assert machines(need(FIT, 129.0), Machine(cores=16, memory=1, hours=8)) == 2
    assert machines(need(FIT, 0.1), Machine(cores=16, memory=1, hours=8)) == 1
    assert workers(1_000, each=2_000) == 1
    assert workers(1_001, each=2_000) == 2
    assert workers(1_001, each=2_000, busy=1.0) == 1


def test_one_machine_ends_where_the_model_says_that_it_no_longer_fits():
    laws = laws_of(measured())
    small, large = Machine(2, 24), Machine(64, 512)
    for machine in (small, large):
        most = ends_at(wide, laws, machine)
        assert fits(night_of(needs(wide(most), laws)), machine)
        assert not fits(night_of(needs(wide(most * 1.02), laws)), machine)
    assert ends_at(wide, laws, small) < ends_at(wide, laws, large)


def test_every_stage_was_measured_at_four_sizes_or_more_and_says_by_what():
    for each in laws_of(measured()):
        assert len({math.log(sum(v for k, v in row.items() if k in each.stage.seconds_by)) for row in each.runs}) >= 4
        assert all(row["source"] for row in each.runs)
    assert all(len(sizes) >= 4 for sizes in SIZES.values())


def test_of_a_run_of_an_engine_all_but_the_reading_is_the_fit():
    took = {"read": {"processor seconds": 3.0}, "all": {"processor seconds": 10.0}, "start": {"processor seconds": 1.0}}
    told = {"engine": "spark", "plays": 1_000, "tracks": 50, "pairs": 700, "peak MiB": 1_000, "stages": took}
    features, fit = rows_of_engine(told)
    assert (features["stage"], features["processor seconds"]) == ("features", 3.0)
    assert (fit["stage"], fit["processor seconds"], fit["peak MB"]) == ("fit", 7.0, 1_048.576)
    assert fit["listeners"] == 20
