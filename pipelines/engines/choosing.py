"""Which engine does the work, as a person chooses it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from pipelines.errors import ConfigError, NotSupportedError
from pipelines.parallel import Cores, Engine

LOCAL: Final = "local"
SPARK: Final = "spark"
#: Every core of this machine: Spark without a cluster, to try it out.
ON_THIS_MACHINE: Final = "local[*]"
_JAVA_REMEDY: Final = "Install Java 17 or 21 (on Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"


@dataclass(frozen=True)
class EngineChoice:
    """An engine and how to reach it.

    Attributes:
        name: ``local`` for the cores of this machine, or ``spark``.
        master: The cluster's address as ``spark-submit`` takes it: ``spark://host:7077``, ``k8s://https://host``,
            ``yarn``, ``local[*]``, ``local-cluster[2,1,1024]``.
        conf: Spark's own settings; they go before those made here.
    """

    name: Literal["local", "spark"] = LOCAL
    master: str = ON_THIS_MACHINE
    conf: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, master: str | None = None, conf: tuple[str, ...] = ()) -> EngineChoice:
        """Return the choice that a command line makes.

        Args:
            name: The engine.
            master: The cluster's address; None where none is named.
            conf: Settings as ``key=value``.

        Raises:
            ConfigError: There is no such engine, or what is said does not go together.
        """
        if name not in (LOCAL, SPARK):
            raise ConfigError(f"there is no engine '{name}'", where="--engine", remedy=f"Choose {LOCAL} or {SPARK}")
        if name == LOCAL and (master or conf):
            raise ConfigError(
                "a cluster is named and the engine is the local one", where="--master", remedy="Add --engine spark"
            )
        settings = dict(_pair(each) for each in conf)
        return cls(SPARK, master or ON_THIS_MACHINE, settings) if name == SPARK else cls()


#: What does the work where nobody chooses.
THIS_MACHINE: Final = EngineChoice()


@contextmanager
def started(choice: EngineChoice) -> Iterator[Engine]:
    """Start an engine and stop it in the end.

    Raises:
        NotSupportedError: What the engine needs is not installed.
        CrossfadeError: The cluster does not answer.
    """
    require(choice)
    if choice.name == LOCAL:
        yield Cores()
        return
    from pipelines.engines.session import spark_session
    from pipelines.engines.spark import SparkEngine

    with spark_session(choice.master, choice.conf) as session:
        yield SparkEngine(session)


def require(choice: EngineChoice) -> None:
    """See to it that what an engine needs is on this machine.

    Raises:
        NotSupportedError: Something is missing.
    """
    if choice.name != SPARK:
        return
    if find_spec("pyspark") is None:
        raise NotSupportedError(
            "PySpark is not installed",
            where="--engine spark",
            remedy="'make setup' in the clone installs it (the extra 'spark')",
        )
    named = os.environ.get("JAVA_HOME")
    java = str(Path(named) / "bin" / "java") if named else "java"
    if shutil.which(java) is None:
        where = f"JAVA_HOME={named}" if named else "--engine spark"
        raise NotSupportedError("there is no Java, which Spark runs on", where=where, remedy=_JAVA_REMEDY)
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - the person's own Java
    if said.returncode:
        raise NotSupportedError(f"Java does not start: {said.stderr.strip()}", where=java, remedy=_JAVA_REMEDY)


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found or not key.strip():
        raise ConfigError(
            f"'{text}' is no setting of Spark",
            where="--spark-conf",
            remedy="Write key=value, as in spark.executor.memory=8g",
        )
    return key.strip(), value.strip()
