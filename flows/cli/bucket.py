"""Commands about the bucket: ``push`` and ``pull``."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.console import JsonOption, out, print_json, say, settings_of
from pipelines.errors import ConfigError

app = typer.Typer()
_PANEL = "Operations"


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade push")
def push(
    context: typer.Context,
    anew: Annotated[
        bool, typer.Option("--anew", help="Upload every object again, for example after one was damaged.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the snapshot, the models in use, the champion and the last lists; only what is missing is sent."""
    settings = settings_of(context)
    from flows import publishing

    with out().status("Publishing"):
        done = publishing.push(settings, anew=anew)
    if as_json:
        print_json(done.to_json())
        return
    say(f"{done.url} holds champion {done.bundle_id or 'none'} and snapshot {done.snapshot_id or 'none'}.")
    say(f"{done.carried} objects were put, {done.kept} were there.")
    if done.removed:
        say(f"{len(done.removed)} folders that nothing names any more were removed: {', '.join(done.removed)}.")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade pull --no-data")
def pull(
    context: typer.Context,
    data: Annotated[bool, typer.Option("--data/--no-data", help="The snapshot to train on.")] = True,
    models: Annotated[bool, typer.Option("--models/--no-models", help="The champion and the models beside it.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Fetch what was last published to CROSSFADE_REMOTE; every file is verified before it is used."""
    settings = settings_of(context)
    from flows import publishing

    if not data and not models:
        raise ConfigError("nothing is asked for", where="crossfade pull", remedy="Leave out one of the two options")
    with out().status("Fetching"):
        done = publishing.pull(settings, data=data, models=models)
    if as_json:
        print_json(done.to_json())
        return
    if models:
        say(f"The champion is {done.bundle_id or 'none: nothing was promoted there yet'}.")
    if data:
        say(f"The snapshot to train on is {done.snapshot_id or 'none: nothing was ingested there yet'}.")
