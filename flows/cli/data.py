"""Commands about data: ``ingest`` and ``validate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.consent import AcceptOption, ensure_consent
from flows.cli.console import JsonOption, print_json, print_table, say, settings_of
from flows.cli.engines import EngineOption, MasterOption, SparkConfOption, chosen_engine
from flows.cli.matches import print_rates
from flows.cli.sources import (
    ArchiveOption,
    InputArgument,
    InteractionsOption,
    ListenerOption,
    MoreOptions,
    PlaylistsOption,
    SourceArgument,
    TracksOption,
    source_options,
    with_input,
)

if TYPE_CHECKING:
    from flows.ingestion_account import IngestSummary
    from flows.settings import Settings
    from validation.report import GateSummary

app = typer.Typer()
_PANEL = "Data"


@app.command(
    rich_help_panel=_PANEL, epilog="Example: crossfade ingest files --interactions plays.csv --tracks tracks.csv"
)
def ingest(
    context: typer.Context,
    source: SourceArgument = "synthetic",
    given: InputArgument = None,
    archive: ArchiveOption = None,
    interactions: InteractionsOption = None,
    tracks: TracksOption = None,
    playlists: PlaylistsOption = None,
    listener: ListenerOption = None,
    accept_consent: AcceptOption = False,
    option: MoreOptions = None,
    engine: EngineOption = "local",
    master: MasterOption = None,
    spark_conf: SparkConfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a source, check every row, and freeze the rows that pass as a snapshot."""
    settings = settings_of(context)
    chosen = chosen_engine(engine, master, spark_conf)
    named = source_options(
        archive=archive, interactions=interactions, tracks=tracks, playlists=playlists, listener=listener, more=option
    )
    options = with_input(source, given, named)
    from flows.cli.story import flow_session
    from flows.sources import build_source
    from pipelines.data.entities import read_corrections

    read_corrections(settings.layout.matches)
    build_source(source, options, settings.layout)
    ensure_consent(settings, source, options, accepted=accept_consent)
    with flow_session(settings):
        from flows.ingestion import ingest as flow

        summary = flow(source, options, chosen)
    if as_json:
        print_json(summary.to_json())
        return
    for warning in summary.warnings:
        say(f"Note: {warning}", style="yellow")
    _print_account(summary)
    if summary.docs:
        say(f"Data Docs: {summary.docs}")


def _print_account(summary: IngestSummary) -> None:
    from flows.ingestion_account import ACCOUNT_COLUMNS, REASON_COLUMNS, until

    table, *figures = ACCOUNT_COLUMNS
    print_table("Rows", {table: "left"} | dict.fromkeys(figures, "right"), summary.table_lines())
    if reasons := summary.reason_lines():
        *words, rows = REASON_COLUMNS
        print_table(
            "Rows and values that did not join as they were", dict.fromkeys(words, "left") | {rows: "right"}, reasons
        )
    for mark in summary.watermarks:
        say(f"{mark.source}, {mark.person or 'everybody'}: {mark.rows:,} interactions {until(mark)}.")
    if summary.join_rate is not None:
        say(f"{summary.join_rate:.2%} of the interactions are about a track of the catalogue.")
    print_rates(summary.recordings)
    if summary.quarantine:
        say(f"What was set aside: crossfade quarantine show {summary.quarantine}")
    say(f"Snapshot {summary.snapshot_id}{'' if summary.changed else ', as before: nothing new'}.")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade validate files --interactions plays.csv")
def validate(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="A source to check; by default the latest snapshot.")] = None,
    given: InputArgument = None,
    archive: ArchiveOption = None,
    interactions: InteractionsOption = None,
    tracks: TracksOption = None,
    playlists: PlaylistsOption = None,
    listener: ListenerOption = None,
    option: MoreOptions = None,
    as_json: JsonOption = False,
) -> None:
    """Check data with the gate without storing any of it. Exit status 1 if it would be refused."""
    settings = settings_of(context)
    named = source_options(
        archive=archive, interactions=interactions, tracks=tracks, playlists=playlists, listener=listener, more=option
    )
    summary = _judge(settings, source, with_input(source, given, named) if source else named)
    if as_json:
        print_json(summary.to_json())
    else:
        _print_summary(summary)
    raise typer.Exit(0 if summary.passed else 1)


def _judge(settings: Settings, source: str | None, options: dict[str, object]) -> GateSummary:
    from flows.latest import latest_snapshot
    from flows.sources import build_source
    from flows.validating import judge_snapshot, judge_source
    from validation.report import summarise

    if source is None:
        return summarise(judge_snapshot(latest_snapshot(settings.layout), settings))
    return summarise(judge_source(build_source(source, options, settings.layout), settings))


def _print_summary(summary: GateSummary) -> None:
    rows = [
        (each.table, *(f"{count:,}" for count in (each.read, each.kept, each.set_aside, each.unreadable, each.blanked)))
        for each in summary.tables
    ]
    figures = ("read", "passed", "set aside", "unreadable", "values made missing")
    print_table("Rows", {"table": "left"} | dict.fromkeys(figures, "right"), rows)
    for finding in summary.findings:
        say(f"{finding.severity.value}: {finding}", style="red" if finding.severity == "stop" else "yellow")
    for reason in summary.unreadable:
        many = f"{reason.rows:,} row{'s' if reason.rows > 1 else ''}"
        say(f"unreadable: {reason.table}: {reason.reason} ({many})", style="yellow")
    for note in summary.notes:
        say(note)
    say("The data pass." if summary.passed else "The data are refused.", style="bold")
    if summary.docs:
        say(f"Data Docs: {summary.docs}")
