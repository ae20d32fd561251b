"""The packages of docs/examples, installed as anybody would install theirs: found by name, held to the contract, used.

They are built as wheels and unpacked into a folder on the path, which is what an installer does, without an index.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipelines.config import CandidateConfig, TrainingConfig
from pipelines.recommenders import recommender_names, recommender_type
from pipelines.sources import source_names, source_type
from pipelines.testing.recommenders import check_recommender

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PACKAGES = {"recommender": "crossfade_walks", "source": "crossfade_rockbox"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with both packages."""
    target, wheels = tmp_path_factory.mktemp("site-packages"), tmp_path_factory.mktemp("wheels")
    for name in PACKAGES:
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
        subprocess.run(build, cwd=EXAMPLES / name, check=True, capture_output=True)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    return target


@pytest.fixture
def on_the_path(installed, monkeypatch):
    monkeypatch.syspath_prepend(str(installed))
    yield
    for module in PACKAGES.values():
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("on_the_path")
def test_a_recommender_of_another_package_is_found_and_keeps_the_contract(tmp_path):
    assert recommender_names()[-1] == "walks"
    check_recommender(recommender_type("walks"), tmp_path)


@pytest.mark.usefixtures("on_the_path")
def test_it_is_a_candidate_like_the_others():
    beside = TrainingConfig().beside(["walks", "popularity"])
    assert beside.candidates == (*TrainingConfig().candidates, CandidateConfig(name="walks"))


@pytest.mark.usefixtures("on_the_path")
def test_a_source_of_another_package_is_found():
    assert source_names()[-1] == "rockbox"
    assert source_type("rockbox").title == "Rockbox scrobbler log"


@pytest.mark.parametrize("name", PACKAGES)
def test_the_packages_own_tests_pass_with_it_installed(name, installed):
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLES / name)]
    done = subprocess.run(
        run, env={"PYTHONPATH": str(installed), "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", PACKAGES)
def test_each_is_under_sixty_lines(name):
    assert len((EXAMPLES / name / f"{PACKAGES[name]}.py").read_text(encoding="utf-8").splitlines()) < 60
