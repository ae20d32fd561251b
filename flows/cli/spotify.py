"""``crossfade spotify``: log in and out, and see what the app may do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli import spotify_music
from flows.cli.console import JsonOption, print_json, print_table, say
from flows.cli.spotify_login import ListenerOption, NoBrowserOption, app_of, listener_words, log_in
from pipelines.errors import CrossfadeError

if TYPE_CHECKING:
    from pipelines.sources.spotify_api.app import SpotifyApp
    from pipelines.sources.spotify_api.tokens import Login

app = typer.Typer()
_group = typer.Typer(
    help="Your own Spotify app: log in, see what it may do, search, save a playlist.",
    epilog="Example: crossfade spotify login; then: crossfade ingest spotify-api",
    no_args_is_help=True,
)
app.add_typer(_group, name="spotify", rich_help_panel="Data")


_group.add_typer(spotify_music.app)


@_group.command(epilog="Example: crossfade spotify login --listener ann")
def login(
    context: typer.Context,
    listener: ListenerOption = "me",
    no_browser: NoBrowserOption = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds to wait for the browser.")] = 300,
    allow_saving: Annotated[
        bool, typer.Option("--allow-saving", help="Also ask for the permission to save private playlists.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Let a person allow your app to read their library."""
    chosen = app_of(context)
    from pipelines.sources.spotify_api.login import READ_SCOPES, SAVE_PRIVATE_SCOPE

    scopes = (*READ_SCOPES, *((SAVE_PRIVATE_SCOPE,) if allow_saving else ()))
    done = log_in(chosen, listener, scopes, no_browser=no_browser, timeout=timeout)
    from pipelines.sources.spotify_api.client import SpotifyClient

    # The log-in succeeds even where Spotify then refuses every request: find out now.
    SpotifyClient(chosen, listener).me()
    if as_json:
        print_json(_login_json(done))
        return
    say(f"'{listener}' is logged in until {done.ends_at:%Y-%m-%d}; Spotify ends every log-in after six months.")
    say(f"Read the library: crossfade ingest spotify-api{listener_words(listener)}")


@_group.command(epilog="Example: crossfade spotify logout --listener ann")
def logout(context: typer.Context, listener: ListenerOption = "me", as_json: JsonOption = False) -> None:
    """Delete a person's log-in and everything that was stored of Spotify's answers."""
    import shutil

    folder = app_of(context).person_folder(listener)
    known = folder.is_dir()
    if known:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise CrossfadeError(
                f"it cannot be removed ({error.strerror})", where=str(folder), remedy="Remove the folder by hand"
            ) from error
    if as_json:
        print_json({"listener": listener, "was_known": known})
    elif known:
        say(f"Forgotten: the log-in of '{listener}' and what was kept of Spotify's answers.")
        say("Snapshots that were made stay. To withdraw the permission itself: spotify.com/account/apps")
    else:
        say(f"Nothing was kept of '{listener}'.")


@_group.command(epilog="Example: crossfade spotify status --json")
def status(context: typer.Context, listener: ListenerOption = "me", as_json: JsonOption = False) -> None:
    """Ask Spotify what this app may do for a person. Exit status 1 if nobody can use it now."""
    chosen = app_of(context)
    chosen.require_client_id()
    from pipelines.sources.spotify_api.blocks import BlockFile
    from pipelines.sources.spotify_api.tokens import LoginFile

    known = LoginFile(chosen, listener).load()
    block = BlockFile(chosen.block_file, chosen.client_id).standing(time.time())
    findings = _findings(chosen, listener) if known and not block else []
    usable = bool(findings) and findings[0]["answer"] == "yes"
    if as_json:
        blocked = {"until": block.when, "reason": block.reason} if block else None
        print_json(
            {
                "listener": listener,
                "login": _login_json(known) if known else None,
                "blocked": blocked,
                "findings": findings,
            }
        )
    else:
        _print_status(listener, known, f"{block.what}: not before {block.when}" if block else None, findings)
    raise typer.Exit(0 if usable else 1)


def _findings(chosen: SpotifyApp, listener: str) -> list[dict[str, str]]:
    from pipelines.sources.spotify_api.client import SpotifyClient
    from pipelines.sources.spotify_api.probes import probe

    return [finding.to_json() for finding in probe(SpotifyClient(chosen, listener))]


def _print_status(listener: str, known: Login | None, blocked: str | None, findings: list[dict[str, str]]) -> None:
    if known is None:
        say(f"'{listener}' is not logged in: crossfade spotify login{listener_words(listener)}")
        return
    days = known.days_left(time.time())
    say(f"'{listener}' is logged in until {known.ends_at:%Y-%m-%d} ({days} days).")
    if blocked:
        say(blocked, style="yellow")
        return
    rows = [(each["what"], each["answer"], each["words"]) for each in findings]
    print_table("What this app may do", dict.fromkeys(("what", "answer", "why, and what to do"), "left"), rows)


def _login_json(known: Login) -> dict[str, Any]:
    return {
        "listener": known.listener,
        "ends_at": known.ends_at.isoformat(),
        "days_left": known.days_left(time.time()),
        "scopes": sorted(known.scopes),
    }
