"""``crossfade spotify search`` and ``playlist-save``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, err, print_json, print_table, say
from flows.cli.spotify_login import ListenerOption, NoBrowserOption, app_of, log_in

if TYPE_CHECKING:
    from pipelines.sources.spotify_api.saving import Plan

app = typer.Typer()


@app.command(epilog='Example: crossfade spotify search "artist:Björk year:1995-2001" --limit 20')
def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Search words; narrow them with track:, artist:, isrc: and year:.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many tracks.")] = 10,
    listener: ListenerOption = "me",
    as_json: JsonOption = False,
) -> None:
    """Search Spotify's catalogue for tracks."""
    chosen = app_of(context)
    from pipelines.sources.spotify_api.client import SpotifyClient
    from pipelines.sources.spotify_api.searching import search_tracks

    found = search_tracks(SpotifyClient(chosen, listener), query, limit)
    if as_json:
        print_json(found)
    elif found:
        _print_tracks("Found on Spotify", found)
    else:
        say("Spotify found nothing.")


@app.command("playlist-save", epilog="Example: crossfade spotify playlist-save Monday --from lists.csv --user ann")
def playlist_save(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The playlist's name.")],
    tracks: Annotated[
        list[str] | None, typer.Argument(help="Tracks: spotify:track:..., links or ids.", show_default=False)
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--from", help="A table (CSV or Parquet) with track_id, as 'recommend' writes it.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Whose rows to use, if the table has several listeners.")] = None,
    listener: ListenerOption = "me",
    public: Annotated[bool, typer.Option("--public", help="Let everybody see it; by default it is private.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Save without asking.")] = False,
    token: Annotated[
        str | None, typer.Option(help="Distinguishes the playlist from an earlier one with the same name and tracks.")
    ] = None,
    no_browser: NoBrowserOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a playlist would contain, and save it to Spotify on request; the same playlist is saved once."""
    if bool(tracks) == (table is not None):
        raise typer.BadParameter("give tracks, or a table with --from")
    chosen = app_of(context)
    from pipelines.sources.spotify_api.client import SpotifyClient
    from pipelines.sources.spotify_api.kept import Kept
    from pipelines.sources.spotify_api.saving import plan_playlist, save_playlist
    from pipelines.sources.spotify_api.source import KEPT_FILE
    from pipelines.sources.spotify_api.track_lists import read_track_list

    ids = read_track_list(table, user) if table is not None else tracks or []
    client = SpotifyClient(chosen, listener)
    client.login()
    folder = chosen.person_folder(listener)
    with Kept(folder / KEPT_FILE, time.time()) as kept:
        plan = plan_playlist(client, kept, name, ids, public=public, token=token)
    if not as_json:
        _print_plan(plan)
    if not (yes or _agreed(plan, as_json=as_json)):
        if as_json:
            print_json(_plan_json(plan) | {"saved": None})
        else:
            say("Nothing was saved; --yes saves it.")
        return
    if plan.tracks and plan.scope not in client.login().scopes:
        err().print("Saving takes one more permission; Spotify asks for it now.")
        log_in(chosen, listener, (*sorted(client.login().scopes), plan.scope), no_browser=no_browser, timeout=300)
    saved = save_playlist(client, folder / "saved", plan)
    if as_json:
        print_json(_plan_json(plan) | {"saved": {"address": saved.address, "tracks": saved.tracks, "new": saved.new}})
        return
    state = "Saved" if saved.new else "It was saved before, and still is"
    say(f"{state}: {_tracks(saved.tracks)}, {saved.address}")


def _print_plan(plan: Plan) -> None:
    if plan.tracks:
        _print_tracks(f"{plan.name} ({'public' if plan.public else 'private'})", list(plan.tracks))
    for each in plan.unknown:
        say(f"Left out: '{each}' is not on Spotify.", style="yellow")


def _print_tracks(title: str, tracks: list[dict[str, Any]]) -> None:
    rows = [
        (str(place), track["name"] or "", ", ".join(str(each["name"]) for each in track["artists"]), str(track["id"]))
        for place, track in enumerate(tracks, start=1)
    ]
    print_table(title, {"": "right", "track": "left", "artists": "left", "id": "left"}, rows)


def _agreed(plan: Plan, *, as_json: bool) -> bool:
    """Ask, where there is somebody to ask and something to save."""
    if as_json or not plan.tracks or not sys.stdin.isatty():
        return False
    return typer.confirm(f"Save {_tracks(len(plan.tracks))} as '{plan.name}'?", err=True)


def _plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "public": plan.public,
        "token": plan.token,
        "tracks": list(plan.tracks),
        "unknown": list(plan.unknown),
    }


def _tracks(count: int) -> str:
    return f"{count:,} track{'' if count == 1 else 's'}"
