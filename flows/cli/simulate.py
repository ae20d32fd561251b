"""The command ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of
from pipelines.errors import ConfigError

app = typer.Typer()


@app.command(rich_help_panel="Operations", epilog="Example: crossfade simulate --days 30 --json")
def simulate(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=4, max=366, help="How many nights.")] = 30,
    page: Annotated[Path | None, typer.Option(help="Also write the report here, as Markdown.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a month of nights in a new home folder, with drifts, faults, crashes and people who leave.

    Exit status 1 where anything wrong was promoted, lost or kept.
    """
    home = settings_of(context).layout.root / "simulated-month"
    if home.exists():
        raise ConfigError(
            "a month was simulated here already", where=str(home), remedy="Remove the folder, or set --home"
        )
    from flows.cli.story import flow_session
    from flows.simulation import settings_of_the_month
    from flows.simulation import simulate as live_through
    from pipelines.atomic import write_text
    from pipelines.testing.month.account import page as page_of

    with settings_of_the_month(home / "home") as settings, flow_session(settings):
        account = live_through(settings, days)
    for path in (home / "report.md", *([page] if page else ())):
        write_text(path, page_of(account))
    if as_json:
        print_json(account.to_json())
    else:
        say(page_of(account))
        say(f"The report: {home / 'report.md'}")
    raise typer.Exit(1 if account.all_wrong else 0)
