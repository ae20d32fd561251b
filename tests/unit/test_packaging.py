"""The project as a whole: who owns its names, what the locks hold, which way imports go."""

import importlib
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from importlinter import cli as import_linter

ROOT = Path(__file__).parents[2]
PACKAGES = ["flows", "pipelines", "validation", "serving"]
LOCKS = ["bootstrap", "dev", "run", "service", "worker"]

LOCK_LINE = re.compile(r"[a-z0-9-]+==\S+( ; .+)? \\| {4}--hash=sha256:[0-9a-f]{64}( \\)?")
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ]+)(?: ; [^\\]+)? \\$", re.MULTILINE)


def lock_text(name: str) -> str:
    return (ROOT / "infra" / "locks" / f"{name}.txt").read_text(encoding="utf-8")


def pinned(lock: str) -> set[tuple[str, str]]:
    """Names and versions; a name has several where a version depends on the Python."""
    return set(PINNED.findall(lock_text(lock)))


def names(lock: str) -> set[str]:
    return {name for name, _ in pinned(lock)}


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# --- names


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_our_package_names(package):
    # The names are generic: a dependency that brings a top-level package 'validation' would shadow ours in silence.
    assert set(packages_distributions().get(package, [])) <= {"crossfade"}
    module_file = importlib.import_module(package).__file__
    assert module_file is not None
    assert Path(module_file) == ROOT / package / "__init__.py"


def test_nothing_in_flows_is_named_like_something_one_imports():
    # Prefect puts the folder of a file entry point first on sys.path: flows/types.py would then be 'types'.
    importable = set(sys.stdlib_module_names) | set(packages_distributions()) | set(PACKAGES)
    ours = {path.stem for path in (ROOT / "flows").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert (ours - {"__init__", "__pycache__"}) & importable == set()


def test_tests_hold_no_package():
    # A tests/pipelines/__init__.py without one in tests/ makes pytest take that folder for the package 'pipelines'.
    assert list((ROOT / "tests").rglob("__init__.py")) == []


# --- locks


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_packages_and_hashes_and_nothing_else(lock):
    text = lock_text(lock)
    # No address and no option: the lock has to work with whatever index a machine is set up for.
    assert "://" not in text
    assert [line for line in text.splitlines() if not LOCK_LINE.fullmatch(line)] == []
    assert pinned(lock)


@pytest.mark.parametrize(("smaller", "larger"), [("run", "worker"), ("worker", "dev"), ("service", "run")])
def test_locks_agree_with_each_other(smaller, larger):
    # What is tested is what runs, and what runs is what is served.
    assert pinned(smaller) <= pinned(larger)


def test_the_service_carries_no_training_tools():
    heavy = {"prefect", "mlflow", "mlflow-skinny", "great-expectations", "scikit-learn", "implicit", "matplotlib"}
    assert not names("service") & heavy
    assert {"bentoml", "numpy", "pandas", "pyarrow", "pydantic", "scipy", "starlette"} <= names("service")


def test_every_dependency_is_locked():
    metadata = project()["project"]
    extras = metadata["optional-dependencies"]
    asked = metadata["dependencies"] + [line for extra, lines in extras.items() if extra != "all" for line in lines]
    assert {re.split(r"[<>=\[]", line)[0] for line in asked} <= names("dev")
    optional = {re.split(r"[<>=\[]", line)[0] for extra in ("spark", "cluster") for line in extras[extra]}
    assert not optional & names("run")


def test_each_constraint_of_the_locks_is_a_cap_in_the_project_file():
    # Otherwise 'pip install crossfade[all]' takes the releases that resolve and do not work.
    metadata = project()["project"]
    declared = metadata["dependencies"] + [
        line for lines in metadata["optional-dependencies"].values() for line in lines
    ]
    caps = {(re.split(r"[<>=]", line)[0], cap) for line in declared for cap in re.findall(r"<[\d.]+", line)}
    constraints = (ROOT / "infra" / "locks" / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in constraints.splitlines() if line and not line.startswith("#")]
    assert {(line.split("<")[0], "<" + line.split("<")[1]) for line in lines} == caps


# --- import directions


def test_imports_go_one_way(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    status = import_linter.lint_imports(no_cache=True)
    assert status == import_linter.EXIT_STATUS_SUCCESS, capsys.readouterr().out
