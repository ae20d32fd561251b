"""What a training's folder keeps of one listener, by number: the right one goes, whoever went before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.evaluation.forgetting import forget_metrics
from pipelines.evaluation.report import load_reports, save_reports
from pipelines.evaluation.segments import load_segments, save_segments
from tests.support.promotions import METRIC, report


@pytest.fixture
def folder(tmp_path):
    """The reports of a training of four listeners, and beside them those of the champion's stand-in."""
    save_reports(tmp_path, [report("hybrid", [0.1, 0.2, 0.3, 0.4])])
    save_reports(tmp_path / "stand-in-abc", [report("hybrid", [0.5, 0.6, 0.7, 0.8])])
    save_segments(tmp_path, pd.DataFrame({"activity": pd.Categorical(["few", "few", "many", "many"])}))
    return tmp_path


def left(folder):
    return [load_reports(place)[0].users[METRIC].tolist() for place in (folder, folder / "stand-in-abc")]


def test_a_listener_goes_from_every_report_and_from_the_segments(folder):
    assert forget_metrics(folder, 1, listeners=4)
    assert left(folder) == [[0.1, 0.3, 0.4], [0.5, 0.7, 0.8]]
    assert load_segments(folder).index.tolist() == [0, 2, 3]


def test_the_next_one_goes_by_the_number_of_today_and_not_of_the_training(folder):
    forget_metrics(folder, 1, listeners=4)
    # The bundle was written anew: who was third is second now.
    forget_metrics(folder, 1, listeners=3)
    assert left(folder) == [[0.1, 0.4], [0.5, 0.8]]


def test_a_run_that_was_killed_takes_nobody_else_with_it(folder):
    forget_metrics(folder, 1, listeners=4)
    # Killed before the bundle was written anew, and run again: there are still four in it.
    assert not forget_metrics(folder, 1, listeners=4)
    assert left(folder) == [[0.1, 0.3, 0.4], [0.5, 0.7, 0.8]]


def test_where_it_cannot_be_told_who_is_who_everybody_goes(folder):
    # Two left with the first one, as too little was known of them.
    assert forget_metrics(folder, 0, listeners=2)
    assert left(folder) == [[], []]


def test_a_training_that_kept_no_segments_is_read_by_its_own_numbers(tmp_path):
    save_reports(tmp_path, [report("hybrid", [0.1, 0.2, 0.3])])
    assert forget_metrics(tmp_path, 2, listeners=3)
    assert load_reports(tmp_path)[0].users[METRIC].tolist() == pytest.approx([0.1, 0.2])
    assert np.isfinite(load_reports(tmp_path)[0].metrics[METRIC].mean), "the means stay: they are about all"
