"""The command ``demo``: the whole loop, told as a story."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of
from flows.cli.sources import (
    ArchiveOption,
    InteractionsOption,
    MoreOptions,
    PlaylistsOption,
    TracksOption,
    source_options,
)

if TYPE_CHECKING:
    from flows.lifecycle import LifecycleSummary
    from flows.settings import Settings
    from flows.work_time import Split

app = typer.Typer()


@app.command(
    rich_help_panel="Start here",
    epilog="Example: crossfade demo --data hetrec-lastfm --archive hetrec2011-lastfm-2k.zip",
)
def demo(
    context: typer.Context,
    data: Annotated[
        str, typer.Option(help="The listening data: synthetic, hetrec-lastfm, taste-profile or files.")
    ] = "synthetic",
    archive: ArchiveOption = None,
    interactions: InteractionsOption = None,
    tracks: TracksOption = None,
    playlists: PlaylistsOption = None,
    option: MoreOptions = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole loop: read, check, train, compare, decide. A refused model is also a result."""
    started = time.perf_counter()
    settings = settings_of(context)
    options = source_options(
        archive=archive, interactions=interactions, tracks=tracks, playlists=playlists, more=option
    )
    from flows.cli.story import flow_session
    from flows.sources import build_source

    build_source(data, options, settings.layout)
    with flow_session(settings, started) as clock:
        from flows.lifecycle import lifecycle

        summary = lifecycle(data, options)
    split = clock.split()
    if as_json:
        print_json(summary.to_json() | {"seconds": split.to_json()})
        return
    _tell(summary, settings)
    _tell_times(split)


def _tell(summary: LifecycleSummary, settings: Settings) -> None:
    from flows.cli.models import print_leaderboard
    from flows.cli.release import print_decision

    for warning in summary.ingested.warnings:
        say(f"Note: {warning}", style="yellow")
    print_leaderboard(summary.trained.leaderboard, summary.trained.record.flips)
    say("The decision", style="bold")
    print_decision(summary.promoted)
    home = settings.layout
    places = {
        "snapshot": home.snapshots / summary.ingested.snapshot_id,
        "model": home.bundles / summary.trained.record.bundle_id,
        "report": summary.trained.record.page(home),
        "data docs": summary.ingested.docs,
        "next": "crossfade serve --ui",
    }
    say("\nWhere things are", style="bold")
    for name, place in places.items():
        say(f"  {name:<10} {place}")


def _tell_times(split: Split) -> None:
    parts = {"load": split.load, "fit": split.fit, "evaluate": split.evaluate, "machinery": split.machinery}
    words = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())
    share = split.machinery / split.total
    say(f"\n{split.total:.1f} s: {words} ({share:.0%}); peak memory {split.peak_memory_mb:,.0f} MB.")
