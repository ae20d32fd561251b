"""Commands about the installation: ``deploy``, ``migrate``, ``config`` and ``doctor``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, out, print_json, print_table, say, settings_of
from flows.cli.sources import (
    ArchiveOption,
    InteractionsOption,
    ListenerOption,
    MoreOptions,
    PlaylistsOption,
    TracksOption,
    source_options,
)
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from flows.settings import Settings

app = typer.Typer()
_PANEL = "Operations"


@app.command(
    rich_help_panel=_PANEL, epilog='Example: crossfade deploy lastfm --archive scrobbles.csv --cron "0 2 * * *"'
)
def deploy(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="lifecycle (default), batch, monitor, canary, forget, or an ingestion: files, listenbrainz, "
            "listenbrainz-export, lastfm, exportify, spotify-export, spotify-api, feedback.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    data: Annotated[
        str | None, typer.Option(help="The lifecycle's listening data (default: as in infra/prefect.yaml).")
    ] = None,
    archive: ArchiveOption = None,
    interactions: InteractionsOption = None,
    tracks: TracksOption = None,
    playlists: PlaylistsOption = None,
    listener: ListenerOption = None,
    option: MoreOptions = None,
    cron: Annotated[str | None, typer.Option(help="The schedule (default: as in infra/prefect.yaml).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Register the scheduled lifecycle or ingestions on the Prefect server at PREFECT_API_URL."""
    settings = settings_of(context)
    options = source_options(
        archive=archive,
        interactions=interactions,
        tracks=tracks,
        playlists=playlists,
        listener=listener,
        more=option,
    )
    from flows.deploying import deploy as register
    from flows.deploying import deployment_names

    chosen = deployment_names() if everything else tuple(dict.fromkeys(names or ("lifecycle",)))
    if everything and names:
        raise ConfigError("all and some are named", where="crossfade deploy", remedy="Leave out --all or the names")
    if len(chosen) > 1 and (data or options or cron):
        raise ConfigError(
            "options are for one deployment", where="crossfade deploy", remedy="Name it, and deploy the others without"
        )
    with out().status("Registering"):
        deployed = register(settings, chosen, source=data, options=options or None, cron=cron)
    if as_json:
        print_json([each.to_json() for each in deployed])
        return
    for each in deployed:
        say(f"{each.name} is registered at {each.server}, schedule {each.schedule}.")
        if each.missing:
            say(f"Its schedule is paused: there is no {each.missing}. Put it there and deploy again.", style="yellow")
    if not settings.notify_block:
        say("Alarms are sent to nobody yet: set CROSSFADE_NOTIFY_BLOCK to a notification block of Prefect.")
    for pool in sorted({each.work_pool for each in deployed}):
        say(f"Start a worker: prefect worker start --pool {pool}")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade migrate")
def migrate(context: typer.Context) -> None:
    """Migrate the event store's tables to this release, before the first service or flow that starts does it."""
    settings = settings_of(context)
    from pipelines.store.database import Database
    from pipelines.store.migrating import HEAD, bring_up_to_date

    with closing(Database.of(settings.layout, settings.store_url.get_secret_value())) as database:
        bring_up_to_date(database)
    say(f"The event store at {database.place} is of version {HEAD}.")


@app.command(rich_help_panel=_PANEL, epilog="Example: CROSSFADE_PORT=3001 crossfade config")
def config(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting, its value and where the value comes from."""
    from flows.settings import Settings, load_settings
    from pipelines.environment import PREFIX

    loaded = load_settings(context.obj)
    values = loaded.settings.model_dump(mode="json")
    if as_json:
        print_json({name: {"value": value, "from": loaded.origins[name]} for name, value in values.items()})
        return
    rows = [
        (name, _shown(values[name]), loaded.origins[name], field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    print_table("Settings", dict.fromkeys(("setting", "value", "from", "meaning"), "left"), rows)
    say(f"Each can be set as {PREFIX}<SETTING>. Home folder: {loaded.settings.layout.root}")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade doctor")
def doctor(
    context: typer.Context,
    mend: Annotated[
        bool, typer.Option("--mend", help="Repair what killed runs left behind, where that is safe.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check the installation and the home folder. Exit status 1 if something has to be fixed."""
    settings = settings_of(context)
    from flows.health import examine

    if mend:
        _mend(settings, quiet=as_json)
    findings = examine(settings)
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        styles = {"good": "green", "note": "yellow", "bad": "red"}
        width = max(len(finding.what) for finding in findings)
        for finding in findings:
            say(f"{finding.state:<5} {finding.what:<{width}} {finding.words}", style=styles[finding.state])
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


def _mend(settings: Settings, *, quiet: bool) -> None:
    """Mend what can be mended, and say what was."""
    from flows.cli.story import flow_session
    from flows.leftovers import leftovers

    found = [left for left in leftovers(settings) if left.mend is not None]
    if not found:
        return
    with flow_session(settings):
        for left in found:
            if left.mend is not None:
                left.mend()
    for left in () if quiet else found:
        say(f"mended {left.what:<18} {left.words}", style="green")


def _shown(value: object) -> str:
    """Return a value as a person reads it; a path below the working folder is shown from there."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) if value else "-"
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)
