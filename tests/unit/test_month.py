"""The script of a simulated month, what is delivered in it, and what counts as wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.data import columns as c
from pipelines.testing.month.account import MonthAccount, NightAccount, judge, page, stale
from pipelines.testing.month.deliveries import Deliveries
from pipelines.testing.month.script import CRASHES, Night, month


def test_a_month_has_all_that_can_happen():
    nights = month(30)
    assert [night.day for night in nights] == list(range(1, 31))
    assert sum(night.drift for night in nights) == 2
    assert sum(night.bad_delivery for night in nights) == 1
    assert sum(night.bad_model for night in nights) == 1
    assert sum(night.forget for night in nights) == 10
    crashes = [night.day for night in nights if night.crash_in]
    assert len(crashes) == 4, "one a week"
    assert len({night.crash_in for night in nights if night.crash_in}) == 4, "each in another step"
    assert not any((night.bad_delivery or night.bad_model) and night.crash_in for night in nights)


@pytest.mark.parametrize("days", [4, 5, 10, 60])
def test_other_lengths_have_a_quiet_first_night_and_some_of_everything(days):
    nights = month(days)
    assert nights[0] == Night(1)
    assert len(nights) == days
    assert sum(night.bad_delivery for night in nights) == sum(night.bad_model for night in nights) == 1
    assert sum(night.forget for night in nights) >= 1


@pytest.mark.parametrize("days", [10, 14, 30, 60])
def test_from_ten_nights_on_there_is_a_crash_in_every_step(days):
    assert {night.crash_in for night in month(days)} == {*CRASHES, None}


def test_every_row_is_delivered_once_or_again_after_it_came_broken():
    nights = month(6)
    deliveries = Deliveries(nights)
    good = [deliveries.interactions(night).num_rows for night in nights if not night.bad_delivery]
    assert sum(good) == deliveries._listening.num_rows


def test_a_broken_delivery_has_lost_most_of_its_tracks(tmp_path):
    import pyarrow.parquet as pq

    nights = month(6)
    deliveries = Deliveries(nights)
    broken = next(night for night in nights if night.bad_delivery)
    rows = pq.read_table(deliveries.write(tmp_path, broken)["interactions"])
    assert rows[c.TRACK_ID].null_count / rows.num_rows == pytest.approx(0.6, abs=0.01)


def test_a_drift_moves_everybody_to_other_tracks():
    quiet = (Night(1), Night(2))
    drifting = (Night(1), replace(Night(2), drift=True))
    before = Deliveries(quiet).interactions(quiet[1])
    after = Deliveries(drifting).interactions(drifting[1])
    assert before[c.USER_ID].equals(after[c.USER_ID])
    assert not any(
        one == other for one, other in zip(before[c.TRACK_ID].to_pylist(), after[c.TRACK_ID].to_pylist(), strict=True)
    )


GOOD = NightAccount(Night(2), "refused", "not better", champion="a")


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (GOOD, ()),
        (replace(GOOD, outcome="promoted", champion="b"), ()),
        (replace(GOOD, champion="b"), ("the champion changed without a promotion",)),
        (replace(GOOD, night=Night(2, bad_delivery=True)), ("a broken delivery got past the gate",)),
        (replace(GOOD, night=Night(2, bad_model=True), outcome="promoted"), ("a hopeless model was promoted",)),
        (replace(GOOD, outcome="stopped"), ("a good delivery was stopped: not better",)),
        (replace(GOOD, night=Night(2, crash_in="fit")), ("the process was to be killed and was not",)),
        (replace(GOOD, night=Night(2, forget=2), receipts=("r",)), ("1 people got no receipt",)),
    ],
)
def test_what_counts_as_wrong(account, words):
    assert judge(account, before="a") == words


@pytest.mark.parametrize(
    ("outcomes", "wrong"),
    [
        (["promoted", "refused", "refused", "refused", "promoted"], False),
        (["promoted", "refused", "refused", "refused", "refused"], True),
        (["promoted", "refused", "refused", "refused"], False),
    ],
)
def test_a_drift_that_nothing_new_follows_is_wrong_once_there_were_nights_enough(outcomes, wrong):
    nights = [replace(GOOD, night=Night(day, drift=day == 2), outcome=what) for day, what in enumerate(outcomes, 1)]
    hopeless = replace(GOOD, night=Night(len(nights) + 1, bad_model=True))
    assert bool(stale([*nights, hopeless])) is wrong


def test_the_page_says_first_whether_anything_was_wrong():
    assert "Nothing wrong" in page(MonthAccount((GOOD,), (), (), 60.0))
    assert "- 3 interactions are lost" in page(MonthAccount((GOOD,), ("3 interactions are lost",), (), 60.0))
