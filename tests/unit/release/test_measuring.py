from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest

from pipelines.errors import BundleError
from pipelines.release.measuring import measure
from tests.support.tiny_world import write_tiny_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"))


def test_a_bundle_is_measured_in_ms_and_mb(bundle):
    measured = measure(bundle.path)
    assert measured.bundle_mb * 1e6 == pytest.approx(sum(file.stat().st_size for file in bundle.path.iterdir()))
    # The libraries alone take tens of MB; a list of a world of a dozen tracks takes no second.
    assert 10 < measured.memory_mb < 100_000
    assert 0 < measured.latency_ms < 1_000


def test_a_process_of_its_own_says_it_as_json_and_is_not_charged_with_the_memory_of_its_parent(bundle):
    ballast = bytearray(b"x") * 400_000_000
    command = [sys.executable, "-m", "pipelines.release.measuring", str(bundle.path)]
    figures = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert set(figures) == {"latency_ms", "memory_mb", "bundle_mb"}
    assert all(math.isfinite(figure) for figure in figures.values())
    assert figures["memory_mb"] < len(ballast) / 1e6


def test_a_damaged_bundle_is_not_measured(bundle, tmp_path):
    with pytest.raises(BundleError, match="no readable manifest"):
        measure(tmp_path)
