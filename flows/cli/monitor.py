"""The command about how things are: ``monitor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, print_json, print_table, say, settings_of

if TYPE_CHECKING:
    from pipelines.monitoring.checks import MonitoringReport

app = typer.Typer()
_PANEL = "Operations"


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade monitor --json")
def monitor(
    context: typer.Context,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SNAPSHOT", help="Compare the newest snapshot with this one, not its newest week with those before."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check data drift, lists, feedback, freshness and the service. Exit status 1 on a breach."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.monitoring import monitor as flow

        report = flow(against)
    if as_json:
        print_json(report.to_json())
    else:
        print_report(report)
    raise typer.Exit(0 if report.quiet else 1)


def print_report(report: MonitoringReport) -> None:
    """Print every check, and the whole in a sentence."""
    from flows.monitoring import row_of

    columns = {"verdict": "left", "check": "left", "figure": "right", "threshold": "right", "what it says": "left"}
    for group, checks in report.groups.items():
        rows = [row_of(check) for check in checks]
        print_table(group.capitalize(), columns, [[row[name] for name in columns] for row in rows])
    say(f"{report.headline}.", style="bold green" if report.quiet else "bold yellow")
