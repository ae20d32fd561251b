"""Classes of other packages: found by name, imported only when asked for, and checked then."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import ClassVar

import pytest

from pipelines.errors import ConfigError
from pipelines.plugins import plugin, plugin_names

GROUP = "crossfade.tests"


class Base(ABC):
    name: ClassVar[str]

    @abstractmethod
    def work(self): ...


BASE: type = Base


class Good(Base):
    name = "good"

    def work(self): ...


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


@pytest.mark.parametrize(("group", "module"), [("recommenders", "recommenders"), ("sources", "sources")])
def test_a_name_of_our_own_cannot_be_taken(install, monkeypatch, group, module):
    from importlib import import_module

    names, kind = {
        "recommenders": ("recommender_names", ("recommender_type", "popularity")),
        "sources": ("source_names", ("source_type", "files")),
    }[group]
    found = import_module(f"pipelines.{module}")
    monkeypatch.setattr(found, "GROUP", GROUP)
    install("theirs", **{kind[1]: "of_others:Good", "zither": "of_others:Good"})
    assert getattr(found, names)().count(kind[1]) == 1
    assert getattr(found, names)()[-1] == "zither"
    assert getattr(found, kind[0])(kind[1]).__module__.startswith("pipelines.")
