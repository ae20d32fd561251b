from __future__ import annotations

import dataclasses

import pytest

from pipelines.config import BehaviourRules, CandidateConfig, EvaluationRules
from pipelines.evaluation.behaviour import check_behaviour
from pipelines.evaluation.learning import CurvePoint
from pipelines.evaluation.page import Example, ExampleTrack, TrainingPage, render
from pipelines.evaluation.report import build_reports, paired_tests
from pipelines.evaluation.run import evaluate, fit_final
from pipelines.evaluation.segments import listener_segments
from pipelines.evaluation.splitting import make_splits
from pipelines.release.bundle import write_bundle
from pipelines.release.examples import examples
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=2, cutoffs=(5, 10, 20), bootstrap=100)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def dataset():
    return two_tastes_dataset()


@pytest.fixture(scope="module")
def page(dataset):
    splits = make_splits(dataset, RULES)
    candidates = [CandidateConfig(name=name) for name in ("popularity", "slim")]
    reports = build_reports(
        [evaluate(candidate, dataset, split, RULES) for candidate in candidates for split in splits],
        RULES,
        listener_segments(dataset),
    )
    model, _ = fit_final(candidates[1], dataset, RULES)
    return TrainingPage(
        title="Training on <tastes>",
        facts={"listeners": "40"},
        reports=reports,
        primary="unseen-users",
        winner="slim",
        tests=paired_tests(reports, "unseen-users", RULES),
        flips=("slim and popularity are ordered differently under unseen-users and holdout",),
        curves=[CurvePoint("slim", 5, 0.1, 0.2, 3.0), CurvePoint("slim", 40, 0.3, 0.4, 1234.5)],
        checks=check_behaviour(model, dataset, BehaviourRules(), seed=1),
        examples=(Example((SCRIPT,), (ExampleTrack("A song", ((SCRIPT, 0.75), ("Another", 0.25))),)),),
    )


def test_the_page_tells_all_of_a_training(page):
    html = render(page)
    for heading in (
        "Leaderboard",
        "Accuracy against coverage",
        "Who beats whom",
        "By segment",
        "Protocols: unseen users and holdout",
        "Learning curve",
        "Time to fit",
        "Memory to fit",
        "Behaviour of the winner",
        "Example listeners",
    ):
        assert f"<h2>{heading}</h2>" in html
    assert "slim and popularity are ordered differently" in html
    assert "of blocked tracks are shown nevertheless; at most 0% is asked" in html
    assert "SLIM-ridge 0.300" in html
    assert "1,234.5 MB" in html
    assert "(75%), Another (25%)" in html


def test_the_page_needs_nothing_else_and_is_not_fooled_by_titles(page):
    html = render(page)
    assert "http" not in html
    assert "<script" not in html
    assert "<h1>Training on &lt;tastes&gt;</h1>" in html
    assert "prefers-color-scheme: dark" in html


def test_figures_are_those_of_the_reports(page):
    html = render(page)
    for report in page.reports:
        assert f"<td>{report.metrics['ndcg@10'].mean:.3f}</td>" in html
        for mean in report.segments:
            assert mean.segment in html


def test_a_sample_is_named_where_its_figures_stand(page):
    assert "of the listeners tested" not in render(page)
    for share, words in ((0.25, "25%"), (0.001, "0.1%"), (0.996, "99.6%")):
        some = [dataclasses.replace(report, share=share) for report in page.reports]
        html = render(dataclasses.replace(page, reports=some))
        assert f"<h3>Unseen users, {words} of the listeners tested</h3>" in html


def test_what_was_not_measured_has_no_place(page):
    bare = [dataclasses.replace(report, segments=(), summary={}) for report in page.reports]
    one_protocol = [report for report in bare if report.protocol == page.primary]
    html = render(TrainingPage("Bare", {}, one_protocol, page.primary, "slim"))
    for absent in (
        "Who beats whom",
        "By segment",
        "Protocols",
        "Learning",
        "Memory",
        "Behaviour",
        "Example",
        "RMSE",
        "nan",
    ):
        assert absent not in html


def test_examples_are_listeners_with_their_lists_and_reasons(dataset, tmp_path):
    model, _ = fit_final(CandidateConfig(name="slim"), dataset, RULES)
    bundle = write_bundle(tmp_path, model, dataset, lineage={}, figures={})
    found = examples(bundle, 3, seed=1)
    assert len(found) == 3
    for example in found:
        # Each plays four tracks of six: the other eight of twelve are left, and reasons are tracks of the history.
        assert len(example.history) == 4
        assert len(example.tracks) == 8
        assert not {track.title for track in example.tracks} & set(example.history)
        assert {title for track in example.tracks for title, _ in track.reasons} <= set(example.history)
        assert example.tracks[0].reasons
        assert "Title of t" in example.history[0]
        assert " - Artist " in example.history[0]
