"""``spotify-fake``: the local fake of the Spotify Web API, by hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.cli.console import JsonOption, err, print_json, print_table, say

if TYPE_CHECKING:
    from pipelines.testing.spotify_fake import Entry, SpotifyFake

app = typer.Typer()
_PANEL = "Operations"
_LOOK_SECONDS = 0.2


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade spotify-fake --fault "429=30,route=/v1/me/tracks"')
def spotify_fake(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free port.")] = 8990,
    profile: Annotated[
        Literal["dev_2026", "extended"], typer.Option(help="An app in development mode, or with extended quota.")
    ] = "dev_2026",
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same music and listener.")] = 0,
    consent: Annotated[
        Literal["ask", "grant", "refuse"], typer.Option(help="What the listener says when an app asks for access.")
    ] = "ask",
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=N][,times=N][,route=PATH]", help="A failure to switch on; may be repeated."),
    ] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="List the available failures, and exit.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve an invented listener's Spotify on this machine until Ctrl-C, for trying things out without an account."""
    from pipelines.testing.spotify_fake import Consent, Fault, SpotifyFake

    if list_faults:
        _list_faults(as_json=as_json)
        return
    switched_on = [Fault.parse(text) for text in fault or ()]
    with SpotifyFake(profile, seed=seed, port=port, consent=Consent(consent)) as fake:
        for each in switched_on:
            fake.faults.put(each)
        _introduce(fake, as_json=as_json)
        try:
            _follow(fake, quiet=as_json)
        except KeyboardInterrupt:
            err().print("Stopped.")


def _list_faults(*, as_json: bool) -> None:
    from pipelines.testing.spotify_fake import KINDS

    if as_json:
        print_json({name: {"does": kind.does, "route": kind.route} for name, kind in KINDS.items()})
        return
    columns = dict.fromkeys(("name", "number", "times", "route", "what it does"), "left")
    rows = [
        (name, "" if kind.value is None else f"{kind.value:g}", str(kind.times or "always"), kind.route, kind.does)
        for name, kind in KINDS.items()
    ]
    print_table("Faults", columns, rows)


def _introduce(fake: SpotifyFake, *, as_json: bool) -> None:
    """Say how to use it: the settings as lines for a shell."""
    from pipelines.testing.spotify_fake import CLIENT_ID, CLIENT_SECRET

    settings = {
        "CROSSFADE_SPOTIFY_CLIENT_ID": CLIENT_ID,
        "CROSSFADE_SPOTIFY_API_URL": fake.api_url,
        "CROSSFADE_SPOTIFY_ACCOUNTS_URL": fake.accounts_url,
    }
    if as_json:
        print_json({"profile": fake.profile, "settings": settings, "client_secret": CLIENT_SECRET})
        return
    say(f"A fake of the Spotify Web API ({fake.profile}). In another shell:", style="bold")
    for name, value in settings.items():
        say(f"export {name}={value}")
    say(f"Faults: POST, GET or DELETE {fake.accounts_url}/_fake/faults. Requests so far: /_fake/journal.")
    say("Ctrl-C stops it. Requests as they come:")


def _follow(fake: SpotifyFake, *, quiet: bool) -> None:
    """Print each request, until Ctrl-C; those of the last moment, too."""
    seen = 0

    def tell() -> None:
        nonlocal seen
        new = fake.journal[seen:]
        seen += len(new)
        for entry in new if not quiet else ():
            say(_line(entry))

    try:
        while True:
            time.sleep(_LOOK_SECONDS)
            tell()
    finally:
        tell()


def _line(entry: Entry) -> str:
    query = "&".join(f"{name}={value}" for name, value in entry.query.items())
    fault = f"  fault: {entry.fault}" if entry.fault else ""
    return f"{entry.at:%H:%M:%S}  {entry.status}  {entry.method:<6} {entry.path}{'?' if query else ''}{query}{fault}"
