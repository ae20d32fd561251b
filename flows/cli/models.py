"""Commands about models: ``train`` and ``leaderboard``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from flows.cli.console import JsonOption, print_json, print_table, say, settings_of

app = typer.Typer()
_PANEL = "Models"


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade train")
def train(
    context: typer.Context,
    snapshot: Annotated[str | None, typer.Option(help="The snapshot's id; by default the latest.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure every candidate, fit the best one on all data, register it."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings) as clock:
        from flows.training import train as flow

        summary = flow(snapshot)
    if as_json:
        print_json(summary.to_json() | {"seconds": clock.split().to_json()})
        return
    print_leaderboard(summary.leaderboard, summary.record.flips)
    say(f"Report: {summary.record.page(settings.layout)}")
    say(f"Winner: {summary.record.winner}, model version {summary.record.model_version}. Next: crossfade promote")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade leaderboard --json")
def leaderboard(
    context: typer.Context,
    training: Annotated[str | None, typer.Option(help="The training's id; by default the last one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how the candidates of a training did."""
    settings = settings_of(context)
    from flows.latest import read_training
    from flows.words import board_rows
    from pipelines.evaluation.report import leaderboard as ranked
    from pipelines.evaluation.report import load_reports

    record = read_training(settings.layout, training)
    board = board_rows(ranked(load_reports(record.folder(settings.layout))))
    if as_json:
        print_json({"training": record.to_json(), "leaderboard": board})
        return
    print_leaderboard(board, record.flips)


def print_leaderboard(board: Sequence[Mapping[str, Any]], flips: Sequence[str]) -> None:
    """Print one table a protocol, best candidate first, and the warnings."""
    from flows.words import BOARD_HEADER, board_line, by_protocol

    columns = {BOARD_HEADER[0]: "left"} | dict.fromkeys(BOARD_HEADER[1:], "right")
    for protocol, rows in by_protocol(board).items():
        print_table(protocol, columns, [board_line(row) for row in rows])
    for flip in flips:
        say(f"Note: {flip}.", style="yellow")
