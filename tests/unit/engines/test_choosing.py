"""Which engine: what a command line says, and what is missing for it."""

from __future__ import annotations

import pytest

from pipelines.engines import choosing
from pipelines.engines.choosing import EngineChoice, require, started
from pipelines.errors import ConfigError, NotSupportedError
from pipelines.parallel import Cores


def test_by_default_work_is_done_by_the_cores_of_this_machine():
    with started(EngineChoice.of("local")) as engine:
        assert isinstance(engine, Cores)


def test_settings_of_spark_are_taken_apart_at_the_first_sign():
    chosen = EngineChoice.of("spark", "yarn", ("spark.executor.memory=8g", "spark.a.b=c=d"))
    assert chosen == EngineChoice("spark", "yarn", {"spark.executor.memory": "8g", "spark.a.b": "c=d"})
    assert EngineChoice.of("spark").master == "local[*]"


@pytest.mark.parametrize(
    ("name", "master", "conf", "words"),
    [
        ("dask", None, (), "no engine 'dask'"),
        ("local", "yarn", (), "the engine is the local one"),
        ("local", None, ("a=b",), "the engine is the local one"),
        ("spark", None, ("spark.executor.memory",), "'spark.executor.memory' is no setting"),
        ("spark", None, ("=8g",), "'=8g' is no setting"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(name, master, conf, words):
    with pytest.raises(ConfigError, match=words) as raised:
        EngineChoice.of(name, master, conf)
    assert raised.value.remedy


def test_without_pyspark_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(choosing, "find_spec", lambda name: None)
    with pytest.raises(NotSupportedError, match=r"PySpark is not installed.*make setup'"):
        require(EngineChoice.of("spark"))


def test_without_java_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(choosing, "find_spec", lambda name: object())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotSupportedError, match=r"there is no Java.*openjdk-17-jre-headless"):
        require(EngineChoice.of("spark"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NotSupportedError, match=f"JAVA_HOME={tmp_path}"):
        require(EngineChoice.of("spark"))


def test_a_java_that_does_not_start_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(choosing, "find_spec", lambda name: object())
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'broken jar' >&2\nexit 1\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NotSupportedError, match="Java does not start: broken jar"):
        require(EngineChoice.of("spark"))
