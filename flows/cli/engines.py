"""The options that say where the work is done, for all commands that can do it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.engines.choosing import EngineChoice

_PANEL = "Where the work is done"
EngineOption = Annotated[
    str, typer.Option(help="local: the cores of this machine; spark: a Spark cluster.", rich_help_panel=_PANEL)
]
MasterOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The cluster, as spark-submit takes it: spark://host:7077, k8s://https://host, yarn, "
        "local-cluster[2,1,1024]; by default Spark on this machine, local[*].",
        rich_help_panel=_PANEL,
    ),
]
SparkConfOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="A setting of Spark, such as spark.executor.memory=8g; may be repeated.",
        rich_help_panel=_PANEL,
    ),
]


def chosen_engine(engine: str, master: str | None, conf: list[str] | None) -> EngineChoice:
    """Return what these options say; what the engine lacks is found before anything else is begun.

    Raises:
        ConfigError: They do not go together.
        NotSupportedError: What the engine needs is not installed.
    """
    from pipelines.engines.choosing import EngineChoice, require

    chosen = EngineChoice.of(engine, master, tuple(conf or ()))
    require(chosen)
    return chosen
