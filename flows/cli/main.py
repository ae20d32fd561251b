"""``crossfade``: the commands put together, and the one place where errors become a line and an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from flows.cli import (
    benchmark,
    bucket,
    consent,
    data,
    demo,
    forget,
    keys,
    lab,
    lineage,
    lists,
    matches,
    models,
    monitor,
    operations,
    quarantine,
    release,
    service,
    simulate,
    spotify,
    spotify_fake,
)
from flows.cli.problems import INTERRUPTED, describe

app = typer.Typer(
    name="crossfade",
    help="Music recommendations, from listening data to a service: data checks, training, promotion, serving.",
    epilog="Start with: crossfade demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    demo,
    data,
    consent,
    forget,
    quarantine,
    matches,
    models,
    benchmark,
    release,
    lineage,
    lists,
    service,
    keys,
    operations,
    bucket,
    monitor,
    simulate,
    lab,
    spotify,
    spotify_fake,
):
    app.add_typer(part.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"crossfade {version('crossfade')}")
        raise typer.Exit


@app.callback()
def settings_for_all(
    context: typer.Context,
    home: Annotated[
        Path | None, typer.Option("--home", help="The folder that holds all state (default: ./.crossfade).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""
    del version
    context.obj = {"home": home}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 (refused or failed) or 2 (wrong usage).

    Whatever goes wrong is said in one line on the standard error; ``CROSSFADE_DEBUG=1`` shows where it went wrong.
    """
    try:
        # Typer turns Ctrl-C into an exit status; the line about it is ours.
        status = app(arguments, prog_name="crossfade", standalone_mode=False) or 0
        return _failed(KeyboardInterrupt()) if status == INTERRUPTED else status
    except BrokenPipeError:
        # The reader of our output has seen enough; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line of defence
        return _failed(error)


def _failed(error: BaseException) -> int:
    """Say what went wrong and return the exit status."""
    problem = describe(error)
    if problem.text:
        typer.echo(f"crossfade: {problem.text}", err=True)
    if os.environ.get("CROSSFADE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    return problem.exit_code


def run() -> NoReturn:
    """Be the program ``crossfade``."""
    sys.exit(main())


if __name__ == "__main__":
    run()
