"""Classes of other packages: found by name, imported only when asked for, and checked then."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import ClassVar

import pytest

from pipelines import recommenders, sources
from pipelines.errors import ConfigError
from pipelines.plugins import Registry, plugin, plugin_names

GROUP = "crossfade.tests"


class Base(ABC):
    name: ClassVar[str]

    @abstractmethod
    def work(self): ...


BASE: type = Base


class Good(Base):
    name = "good"

    def work(self): ...


class Ours(Good):
    name = "ours"


class Idle(Base):
    name = "idle"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that puts a package with entry points on the path, as an installer would."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "of_others", sys.modules[__name__])

    def put(package, **points):
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]), encoding="utf-8")

    return put


def test_a_class_is_found_by_its_name(install):
    install("theirs", good="of_others:Good")
    assert plugin_names(GROUP) == ("good",)
    assert plugin(GROUP, "good", BASE).__name__ == "Good"
    assert plugin(GROUP, "other", BASE) is None


def test_names_are_told_without_importing_anything(install):
    install("theirs", gone="no_such_module:Gone")
    assert plugin_names(GROUP) == ("gone",)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("gone", "no_such_module:Gone", r"'gone' cannot be imported: ModuleNotFoundError.*Install the package again"),
        ("gone", "of_others:Gone", r"'gone' cannot be imported: AttributeError"),
        ("strange", "of_others:GROUP", r"'strange' is no subclass of .*Base"),
        ("idle", "of_others:Idle", r"'idle' lacks work"),
        ("better", "of_others:Good", r"'better' calls itself 'good'"),
    ],
)
def test_what_does_not_fit_is_told_with_its_package(install, name, value, problem):
    install("theirs", **{name: value})
    with pytest.raises(ConfigError, match=rf"the package 'theirs', {GROUP}: {problem}"):
        plugin(GROUP, name, BASE)


def test_one_name_of_two_packages_is_refused(install):
    install("ours", good="of_others:Good")
    install("theirs", good="of_others:Idle")
    with pytest.raises(ConfigError, match="'good' is brought by the package 'ours' and the package 'theirs'"):
        plugin(GROUP, "good", BASE)


def test_a_package_that_is_found_twice_is_one_package(install):
    install("theirs", good="of_others:Good")
    install("theirs_again", good="of_others:Good")
    assert plugin(GROUP, "good", BASE).name == "good"


def registry():
    return Registry(GROUP, "thing", "of_others:Base", {"ours": "of_others:Ours"})


def test_a_name_of_our_own_cannot_be_taken(install):
    install("theirs", ours="of_others:Good", good="of_others:Good")
    assert registry().names() == ("ours", "good")
    assert registry().find("ours") is Ours
    assert registry().find("good") is Good


def test_a_name_that_nobody_brings_is_answered_with_those_there_are(install):
    install("theirs", good="of_others:Good")
    with pytest.raises(ConfigError, match=r"there is no thing 'bad'") as refused:
        registry().find("bad")
    assert refused.value.remedy == "Choose one of: ours, good"


@pytest.mark.parametrize("found", [recommenders._REGISTRY, sources._REGISTRY])
def test_all_of_this_project_are_there_by_their_own_names(found):
    assert [found.find(name).name for name in found.built_in] == list(found.built_in)
