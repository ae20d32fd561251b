"""Which app asks Spotify, where Spotify is, and where what it says is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from pipelines.data.people import person_id
from pipelines.errors import ConfigError

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SpotifyApp(BaseModel):
    """One registered app and the addresses it talks to.

    Attributes:
        client_id: The app's id from Spotify's dashboard; empty where none was set.
        api_url: The Web API, with its version and without a slash at the end.
        accounts_url: Where people log in and tokens are given out.
        redirect_port: The port of the loopback address a log-in comes back to; 0 for any free one.
        folder: Where log-ins and answers are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = ""
    api_url: str = "https://api.spotify.com/v1"
    accounts_url: str = "https://accounts.spotify.com"
    redirect_port: int = 0
    folder: Path = Path(".crossfade/spotify")

    @property
    def origins(self) -> frozenset[str]:
        """The only places requests may go to: a token sent elsewhere is a token lost.

        Raises:
            ConfigError: An address is not one, or would send tokens in clear over a network.
        """
        return frozenset(_checked_origin(url) for url in (self.api_url, self.accounts_url))

    @property
    def block_file(self) -> Path:
        """The time before which Spotify must not be asked again."""
        return self.folder / "blocked.json"

    def person_folder(self, listener: str) -> Path:
        """Return where one person's log-in and answers are kept.

        Raises:
            ConfigError: The name cannot be that of a listener.
        """
        # A hash, because names may differ only in what a file system does not tell apart.
        return self.folder / hashlib.sha256(person_id(listener).encode()).hexdigest()[:16]

    def require_client_id(self) -> str:
        """Return the client id.

        Raises:
            ConfigError: None was set.
        """
        if not self.client_id.strip():
            raise ConfigError(
                "no Spotify app was named",
                where="CROSSFADE_SPOTIFY_CLIENT_ID",
                remedy="Register an app of your own at developer.spotify.com/dashboard and set its client id "
                "(docs/how-to/spotify-login.md)",
            )
        return self.client_id.strip()


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _checked_origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return origin_of(url)
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return origin_of(url)
    raise ConfigError(
        f"'{url}' is no address to send a log-in to",
        where="CROSSFADE_SPOTIFY_API_URL, CROSSFADE_SPOTIFY_ACCOUNTS_URL",
        remedy="Use https, or http on 127.0.0.1",
    )
