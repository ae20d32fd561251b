"""Commands about the installation: ``deploy``, ``config`` and ``doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.console import JsonOption, out, print_json, print_table, say, settings_of
from flows.cli.sources import ArchiveOption, MoreOptions, source_options

app = typer.Typer()
_PANEL = "Operations"


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade deploy --data hetrec-lastfm --cron "30 3 * * *"')
def deploy(
    context: typer.Context,
    data: Annotated[str | None, typer.Option(help="The listening data (default: as in infra/prefect.yaml).")] = None,
    archive: ArchiveOption = None,
    option: MoreOptions = None,
    cron: Annotated[str | None, typer.Option(help="When (default: as in infra/prefect.yaml).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Register the scheduled lifecycle on the Prefect server at PREFECT_API_URL."""
    settings = settings_of(context)
    options = source_options(archive=archive, more=option)
    from flows.deploying import deploy as register

    with out().status("Registering the deployment"):
        deployed = register(settings, source=data, options=options or None, cron=cron)
    if as_json:
        print_json(deployed.to_json())
        return
    say(f"{deployed.name} is registered at {deployed.server}, schedule {deployed.schedule}.")
    say(f"Start a worker for it: prefect worker start --pool {deployed.work_pool}")


@app.command(rich_help_panel=_PANEL, epilog="Example: CROSSFADE_PORT=3001 crossfade config")
def config(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting, its value and where the value comes from."""
    from flows.settings import PREFIX, Settings, load_settings

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
def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check the installation and the home folder. Exit status 1 where something has to be mended."""
    settings = settings_of(context)
    from flows.health import examine

    findings = examine(settings)
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        styles = {"good": "green", "note": "yellow", "bad": "red"}
        for finding in findings:
            say(f"{finding.state:<5} {finding.what:<16} {finding.words}", style=styles[finding.state])
    raise typer.Exit(1 if any(finding.state == "bad" for finding in findings) else 0)


def _shown(value: object) -> str:
    """Return a value as a person reads it; a path below the working folder is shown from there."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value) if value else "-"
    here = f"{Path.cwd()}/"
    return text.removeprefix(here)
