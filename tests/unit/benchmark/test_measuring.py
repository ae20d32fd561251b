"""One model on some folds, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipelines.config import CandidateConfig, EvaluationRules
from pipelines.errors import ConfigError, CrossfadeError
from pipelines.testing.benchmark import beside, measuring
from pipelines.testing.benchmark.folds import write_folds
from pipelines.testing.benchmark.words import beside_markdown, cells, machine
from pipelines.testing.worlds import two_tastes_dataset

RULES = EvaluationRules(folds=2, bootstrap=100)

#: Recommends the tracks in their order, and fits by holding 40 MB for a moment.
IN_ORDER = """
import numpy as np
class InOrder:
    def fit(self, fold):
        np.ones(5_000_000).sum()
    def rank(self, fold, k):
        return np.tile(np.arange(k) % fold.given.shape[1], (fold.given.shape[0], 1))
MODELS = {"in order": InOrder}
"""


@pytest.fixture
def folds(tmp_path):
    write_folds(tmp_path / "folds", two_tastes_dataset(), RULES)
    return tmp_path / "folds"


def test_a_fold_is_read_as_it_was_split(folds, tmp_path):
    splits = write_folds(tmp_path / "again", two_tastes_dataset(), RULES)
    read = measuring.read_fold(folds / "fold-1")
    np.testing.assert_array_equal(read.train.toarray(), splits[1].train.toarray())
    np.testing.assert_array_equal(read.given.toarray(), splits[1].given.toarray())
    assert sorted(read.items) == sorted(two_tastes_dataset().items)
    assert read.train_times is None


def test_what_has_to_be_found_is_not_on_the_disk(folds):
    assert {path.stem for path in folds.rglob("*.npz")}.isdisjoint({"held_out", "listeners"})


def test_the_program_writes_lists_and_figures_of_every_fold(folds, tmp_path):
    (tmp_path / "models.py").write_text(IN_ORDER)
    program = Path(measuring.__file__)
    out = tmp_path / "out"
    out.mkdir()
    arguments = [str(program), str(folds), str(tmp_path / "models.py"), "in order", str(out)]
    subprocess.run([sys.executable, "-I", *arguments], check=True)
    figures = json.loads((out / "figures.json").read_text())
    assert [set(fold) for fold in figures] == [{"fit_seconds", "fit_mb", "lists_per_second"}] * 2
    assert np.load(out / "lists-1.npy").shape == (20, measuring.LIST_LENGTH)
    # The first fit is measured after imports; what the model holds for a moment is seen all the same.
    assert figures[0]["fit_mb"] == pytest.approx(40, abs=15)


def test_candidates_and_peers_are_measured_on_the_same_folds_best_first():
    candidates = [CandidateConfig(name="popularity"), CandidateConfig(name="item-knn")]
    told: list[str] = []
    found = beside.measure_all(two_tastes_dataset(), RULES, candidates, tell=told.append)
    # Whoever plays one half of the tracks is helped by neighbours and not by what everybody plays.
    assert [row.name for row in found] == ["Item kNN (cosine)", "Popularity"]
    assert {row.library for row in found} == {beside.OURS}
    assert told == ["hyper-parameters", "Popularity", "Item kNN (cosine)"]
    text = beside_markdown(found)
    assert text.count("\n") == 3
    assert "| **Item kNN (cosine)** | Crossfade |" in text
    assert cells(found[0])[2] == f"{found[0].ndcg.mean:.4f}"


def test_implicit_straight_from_the_library_gives_the_lists_of_our_item_knn(folds):
    from pipelines.testing.benchmark.ours import Ours
    from pipelines.testing.benchmark.peers import MODELS

    fold = measuring.read_fold(folds / "fold-0")
    ours, theirs = Ours("item-knn"), MODELS["implicit item kNN (cosine)"]()
    for model in (ours, theirs):
        model.fit(fold)
    # Equal scores may change places, so what is compared is which tracks come first: two of the own half are left.
    ours_first, theirs_first = (np.sort(model.rank(fold, 2)) for model in (ours, theirs))
    np.testing.assert_array_equal(ours_first, theirs_first)


def test_a_python_without_the_libraries_is_refused():
    with pytest.raises(ConfigError, match="cannot import implicit, LensKit and RecTools"):
        beside.measure_all(two_tastes_dataset(), RULES, [], peers=Path("/nowhere/python"))


def test_a_model_that_fails_is_named(folds, tmp_path):
    run = beside._Run(folds, (), RULES)
    with pytest.raises(CrossfadeError, match="benchmark of no such model: it failed: KeyError"):
        run.of(Path(sys.executable), "ours.py", "no such model", ("x", "y"), {})


def test_the_machine_is_named_with_the_versions_that_matter():
    assert {"cores", "Python", "numpy", "implicit"} <= set(machine().replace(",", "").replace(";", "").split())
