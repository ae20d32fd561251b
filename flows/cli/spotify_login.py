"""What the Spotify commands share: the app, the listener, and sending a person to Spotify and back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import err, settings_of

if TYPE_CHECKING:
    from pipelines.sources.spotify_api.app import SpotifyApp
    from pipelines.sources.spotify_api.tokens import Login

ListenerOption = Annotated[str, typer.Option(help="The person's name in Crossfade.")]
NoBrowserOption = Annotated[
    bool, typer.Option("--no-browser", help="Open no browser: print an address, and ask for the address you end up at.")
]


def app_of(context: typer.Context) -> SpotifyApp:
    """Return the app the settings name."""
    settings = settings_of(context)
    from flows.spotify import spotify_app

    return spotify_app(settings, settings.layout)


def log_in(chosen: SpotifyApp, listener: str, scopes: Iterable[str], *, no_browser: bool, timeout: float) -> Login:
    """Send the person to Spotify, wait for them to come back, and keep the log-in.

    Raises:
        ConfigError: No app is named, or the port to come back to is taken.
        AccessError: The person said no or did not come back, or Spotify refused.
    """
    from pipelines.sources.spotify_api.login import begin_login, finish_login
    from pipelines.sources.spotify_api.loopback import Loopback
    from pipelines.sources.spotify_api.session import SpotifySession
    from pipelines.sources.spotify_api.tokens import LoginFile

    file = LoginFile(chosen, listener)
    chosen.require_client_id()
    session = SpotifySession(chosen)
    if no_browser:
        port = f":{chosen.redirect_port}" if chosen.redirect_port else ""
        pending = begin_login(chosen, session, scopes, f"http://127.0.0.1{port}/callback")
        _print_address("Open this address in any browser:", pending.address)
        answer = typer.prompt("Spotify then leads to a page that does not open; paste its address here", err=True)
    else:
        with Loopback(chosen.redirect_port) as loopback:
            pending = begin_login(chosen, session, scopes, loopback.redirect_uri)
            _print_address("Your browser opens; if it does not, open this address:", pending.address)
            _open_browser(pending.address)
            answer = loopback.wait(pending.state, timeout)
    done = finish_login(pending, answer, app=chosen, listener=listener, now=time.time())
    file.save(done)
    return done


def _open_browser(address: str) -> None:
    """Open a browser without waiting for it: one that runs in a terminal ends only after its page has been answered."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _print_address(words: str, address: str) -> None:
    err().print(words)
    # Never wrapped: it has to survive copying.
    typer.echo(address, err=True)


def listener_words(listener: str) -> str:
    """Return the option that names a listener, where one has to be named."""
    return f' --listener "{listener}"' if listener != "me" else ""
