"""The floor of accuracy on real listening data, beside a dense EASE on the same folds."""

from __future__ import annotations

import importlib.util

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.realdata]


@pytest.fixture(scope="module")
def benchmark_module(pytestconfig):
    path = pytestconfig.rootpath / "tests/benchmarks/accuracy.py"
    spec = importlib.util.spec_from_file_location("accuracy_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "shape", "draws", "slim", "hybrid"),
    [
        ("hetrec-lastfm", (1_859, 2_823), 1, 0.98, 1.07),
        # So few listeners that the ratio moves by .04 from one draw of the folds to the next.
        ("taste-profile", (672, 861), 5, 1.0, 1.30),
    ],
)
def test_sparse_models_keep_up_with_dense_ease(
    benchmark_module, shared_data, tmp_path, name, shape, draws, slim, hybrid
):
    dataset = benchmark_module.real_dataset(name, shared_data, tmp_path)
    assert dataset.histories.shape == shape
    candidates = {title: benchmark_module.CANDIDATES[title] for title in ("SLIM-ridge", "Hybrid SLIM")}
    rows = benchmark_module.comparisons(dataset, name, candidates, draws)
    ratios = {row.title: row.ratio for row in rows}
    assert ratios["SLIM-ridge"] >= slim
    assert ratios["Hybrid SLIM"] >= hybrid
