"""A Spark session: started with what it needs, quiet, on the loopback where the cluster is this machine, tidied up."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipelines.environment import variables_set
from pipelines.errors import ServiceError

_LOOPBACK: Final = "127.0.0.1"
#: How long Java may take to end.
_PATIENCE_SECONDS: Final = 60.0
#: What Spark says by itself is for those who run it; errors reach the terminal.
_LOGGING: Final = """
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
# Without a level of its own Spark gives this one "warn", and says so.
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = error
appender.console.type = Console
appender.console.name = stderr
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = spark: %c{1}: %m%n
"""
#: Java has little to do here: its second compiler and a collector with threads of its own took
#: a third of the processor time of a start.
_SMALL_JAVA: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_SETTINGS: Final = {
    "spark.app.name": "crossfade",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Results come in waves of a bounded size (see pipelines.engines.spark), so they need no other limit.
    "spark.driver.maxResultSize": "0",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "256",
    # Numbers hardly get smaller, and that costs as much as the work.
    "spark.broadcast.compress": "false",
    # Waves of results, and copies of them on the way: twenty million plays took one, on two cores. With a great many
    # cores a wave is larger, as each has a span.
    "spark.driver.memory": "2g",
    # Spans are equal pieces of work: a second copy of a slow one wins little and costs a whole machine's attention.
    "spark.speculation": "false",
}


@contextmanager
def spark_session(master: str, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """Start a session and stop it in the end; nothing is left of it on the disk.

    Args:
        master: The cluster's address as ``spark-submit`` takes it.
        conf: Settings that go before those made here.

    Raises:
        ServiceError: The session does not start.
    """
    # PySpark warns of pandas 3 at every turn; only Arrow passes between it and this project.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    with tempfile.TemporaryDirectory(prefix="crossfade-spark-", ignore_cleanup_errors=True) as folder:
        with variables_set(_variables(master, Path(folder))):
            session = _start(master, {**_settings(master, Path(folder)), **conf})
        try:
            yield session
        finally:
            session.stop()
            _end_java()


def _start(master: str, settings: Mapping[str, str]) -> SparkSession:
    builder = SparkSession.builder.master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        _end_java()
        raise ServiceError(
            f"Spark does not start: {str(error).strip().splitlines()[-1]}",
            where=f"--master {master}",
            remedy="Check the address and the settings given with --spark-conf; what Spark itself said stands above",
        ) from error


def _settings(master: str, folder: Path) -> dict[str, str]:
    logging = folder / "log4j2.properties"
    logging.write_text(_LOGGING, encoding="utf-8")
    # Where the driver's memory runs out, a result is lost and waited for; a driver that ends is told of in a sentence.
    java = f"-XX:+ExitOnOutOfMemoryError -Dlog4j2.configurationFile={logging.as_uri()}"
    own = {
        **_SETTINGS,
        "spark.driver.extraJavaOptions": java,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    if _is_here(master):
        own |= {
            "spark.driver.host": _LOOPBACK,
            "spark.driver.bindAddress": _LOOPBACK,
            "spark.pyspark.python": sys.executable,
            "spark.driver.extraJavaOptions": f"{_SMALL_JAVA} {java}",
            "spark.executor.extraJavaOptions": f"{_SMALL_JAVA} {java}",
        }
    return own


def _variables(master: str, folder: Path) -> dict[str, str]:
    """Return what Spark reads from the environment while it starts; what is there already stays."""
    own = {"SPARK_LOCAL_DIRS": str(folder)}
    if _is_here(master):
        own |= {"SPARK_LOCAL_IP": _LOOPBACK, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
        own |= {"SPARK_HOME": str(_spark_home(folder))}
    return {name: value for name, value in own.items() if name not in os.environ}


def _spark_home(folder: Path) -> Path:
    """Return a home for Spark whose parts are those installed: a local cluster writes into its home."""
    home = folder / "home"
    home.mkdir()
    for part in Path(pyspark.__file__).parent.iterdir():
        if part.name != "work":
            (home / part.name).symlink_to(part)
    return home


def _is_here(master: str) -> bool:
    """Say whether all of the cluster is on this machine."""
    return master.startswith("local")


def _end_java() -> None:
    """End the Java process, which PySpark would keep for another session with the folders of this one."""
    gateway = SparkContext._gateway  # noqa: SLF001 - there is no public way to end it before Python ends
    if gateway is None:
        return
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - likewise
    gateway.shutdown()
    process = getattr(gateway, "proc", None)
    if process is None:
        return
    process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
