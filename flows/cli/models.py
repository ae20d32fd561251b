"""Commands about models: ``train`` and ``leaderboard``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli.console import DaskOption, JsonOption, print_json, print_table, say, settings_of
from flows.cli.engines import EngineOption, MasterOption, SparkConfOption, chosen_engine

app = typer.Typer()
_PANEL = "Models"
SnapshotOption = Annotated[str | None, typer.Option(help="The snapshot's id; by default the latest.")]
ConfigOption = Annotated[
    Path | None, typer.Option(help="The training configuration (TOML); by default the one of the settings.")
]


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade train")
def train(
    context: typer.Context,
    snapshot: SnapshotOption = None,
    config: ConfigOption = None,
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="NAME", help="A recommender to measure in addition to the configuration's candidates."
        ),
    ] = None,
    engine: EngineOption = "local",
    master: MasterOption = None,
    spark_conf: SparkConfOption = None,
    dask_address: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Evaluate every candidate, fit the best one on all data, and register it."""
    settings = settings_of(context, dask_address=dask_address)
    chosen = chosen_engine(engine, master, spark_conf)
    from flows.cli.story import flow_session
    from pipelines.recommenders import recommender_type

    for name in more or ():
        recommender_type(name)
    with flow_session(settings) as clock:
        from flows.training import train as flow

        summary = flow(snapshot, config, chosen, more or ())
    if as_json:
        print_json(summary.to_json() | {"seconds": clock.split().to_json()})
        return
    print_leaderboard(summary.leaderboard, summary.record.flips)
    say(f"Report: {summary.record.page(settings.layout)}")
    say(f"Winner: {summary.record.winner}, model version {summary.record.model_version}. Next: crossfade promote")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade tune --candidate hybrid --minutes 10")
def tune(
    context: typer.Context,
    candidate: Annotated[
        list[str] | None, typer.Option(help="A candidate to tune; may be repeated; by default all.")
    ] = None,
    trials: Annotated[int | None, typer.Option(min=1, help="Settings to try for each candidate.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Time for each candidate.")] = None,
    snapshot: SnapshotOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search hyper-parameters and write a configuration to train with; an interrupted search is resumed."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings) as clock:
        from flows.tuning import tune as flow

        summary = flow(snapshot, config, candidate, trials, minutes)
    if as_json:
        print_json(summary.to_json() | {"seconds": clock.split().to_json()})
        return
    columns = {"candidate": "left", "trials": "right", "nDCG@10 by default": "right", "best": "right", "chosen": "left"}
    print_table("On listeners held apart from the training", columns, [row.line() for row in summary.candidates])
    say(f"Next: crossfade train --config {summary.configuration}")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade leaderboard --json")
def leaderboard(
    context: typer.Context,
    training: Annotated[str | None, typer.Option(help="The training's id; by default the last one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the results of a training's candidates."""
    settings = settings_of(context)
    from flows.artifacts import board_rows
    from flows.latest import read_training
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
    from flows.artifacts import BOARD_HEADER, board_line, by_protocol

    columns = {BOARD_HEADER[0]: "left"} | dict.fromkeys(BOARD_HEADER[1:], "right")
    for protocol, rows in by_protocol(board).items():
        print_table(protocol, columns, [board_line(row) for row in rows])
    for flip in flips:
        say(f"Note: {flip}.", style="yellow")
