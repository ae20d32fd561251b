"""The Spotify Web API as a source: one person's saved tracks, favourites, recent plays and playlists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa

from pipelines.data.people import person_id
from pipelines.data.provenance import Provenance, Use
from pipelines.errors import ConfigError
from pipelines.locking import only_one
from pipelines.sources.base import PersonOptions, Reading, Source, SourceOptions
from pipelines.sources.spotify_api import rows
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.client import SpotifyClient
from pipelines.sources.spotify_api.kept import Kept
from pipelines.sources.spotify_api.library import Library, read_library
from pipelines.sources.spotify_api.tokens import private_folder

KEPT_FILE = "kept.sqlite"
_WAIT_SECONDS = 5.0


class SpotifyApiOptions(PersonOptions):
    """Whose library to read, through which app.

    Attributes:
        app: The app; the flows fill it in from the settings.
    """

    app: SpotifyApp = SpotifyApp()


class SpotifyApi(Source):
    """A person's library on Spotify, through an app of their own.

    Spotify's developer terms forbid training models on what comes from here, so by default it may be shown and used as
    a seed, no more.

    Raises:
        ConfigError: An archive was named: there is none to read.
    """

    name: ClassVar[str] = "spotify-api"
    title: ClassVar[str] = "Spotify Web API"
    reading: ClassVar[Reading] = Reading.PERSON
    options_type: ClassVar[type[SourceOptions]] = SpotifyApiOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        self._chosen = self.options if isinstance(self.options, SpotifyApiOptions) else SpotifyApiOptions()
        if self.options.archive is not None:
            raise ConfigError(
                "it reads no archive",
                where="source 'spotify-api'",
                remedy="Leave it out, or read your export: crossfade ingest spotify-export",
            )
        self._person = person_id(self._chosen.listener)
        self._library: Library | None = None

    def check(self) -> None:
        """Check that an app is named, the person has logged in, and Spotify does not want to be left alone.

        Raises:
            ConfigError: No app is named.
            AccessError: The person has not logged in, or Spotify named a time that has not come.
        """
        SpotifyClient(self._chosen.app, self._chosen.listener).check()

    def provenance(self) -> Provenance:
        """Name the terms; the rows may be shown and used as seeds."""
        return Provenance(
            source=self.name,
            origin="Spotify Web API, through the listener's own app",
            licence="Spotify Developer Terms and Developer Policy",
            uses=frozenset({Use.DISPLAY, Use.SEED}),
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield what the person saved, played, plays most and put into playlists."""
        left_out = self.left_out["interactions"] = Counter()
        found = rows.interaction_rows(self._read(), self._person, self._chosen.consent, left_out)
        yield rows.as_batch(found, rows.INTERACTION_COLUMNS)

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the tracks of all lists."""
        yield rows.as_batch(rows.track_rows(self._read()), rows.TRACK_COLUMNS)

    def playlists(self) -> Iterator[pa.Table]:
        """Yield the playlists the person owns or shares."""
        left_out = self.left_out["playlists"] = Counter()
        found = rows.playlist_rows(self._read(), self._person, left_out)
        yield rows.as_batch(found, rows.PLAYLIST_COLUMNS)

    def _read(self) -> Library:
        """Read the library, once for all three tables."""
        if self._library is None:
            app, listener = self._chosen.app, self._chosen.listener
            folder = app.person_folder(listener)
            client = SpotifyClient(app, listener)
            # Two readings at once would take each other's pages for their own.
            with (
                only_one(private_folder(folder) / "reading", patience=_WAIT_SECONDS),
                Kept(folder / KEPT_FILE, client.patience.clock()) as kept,
            ):
                self._library = read_library(client, kept)
            self.notes[:] = self._library.notes
        return self._library
