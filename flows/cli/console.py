"""What the commands share: settings, the two output streams, tables, JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from flows.settings import Settings

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask-address", metavar="TCP", help="A Dask scheduler to distribute the work with: tcp://host:8786."
    ),
]


def settings_of(context: typer.Context, *, dask_address: str | None = None) -> Settings:
    """Return the settings, with what stands before the command, or is given, laid over the rest.

    The home folder and the cluster also go into the environment, where flows and the programs started from here look
    for them.
    """
    from flows.settings import load_settings

    settings = load_settings({**context.obj, "dask_address": dask_address}).settings
    os.environ["CROSSFADE_HOME"] = str(settings.layout.root)
    if dask_address is not None:
        os.environ["CROSSFADE_DASK_ADDRESS"] = dask_address
    return settings


@cache
def out() -> Console:
    """Return the standard output: results, nothing else."""
    import sys

    from rich.console import Console

    # A file or a pipe has no width of its own.
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)


@cache
def err() -> Console:
    """Return the standard error: progress and problems."""
    import sys

    from rich.console import Console

    # A file or a pipe breaks no lines.
    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def print_json(value: Any) -> None:
    """Print a value as JSON; a number that is not defined is null."""
    typer.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def print_table(title: str, columns: Mapping[str, str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table.

    Args:
        title: Its heading.
        columns: Column heading -> "left" or "right".
        rows: The cells.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, side in columns.items():
        figure = side == "right"
        table.add_column(heading, justify="right" if figure else "left", overflow="fold", no_wrap=figure)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out().print(table)


def say(text: str, *, style: str | None = None) -> None:
    """Print a line of the result; brackets in it are text, not markup."""
    out().print(text, style=style, markup=False)


def _plain(value: Any) -> Any:
    """Return a value made of what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN is the only value unequal to itself
        return None
    return value.item() if hasattr(value, "item") else value
