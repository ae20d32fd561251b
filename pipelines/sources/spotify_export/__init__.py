"""A person's own data as Spotify hands them out: the zip or the folder, in every format it has had.

``members`` knows which file is which, ``records`` which fields are read of each, ``json_rows`` reads long lists of them
piece by piece, ``history`` and ``library`` make columns of them, ``rules`` says which play becomes which interaction,
``export`` goes through the files of one export, and ``source`` makes tables of it.
"""

from __future__ import annotations

from pipelines.sources.spotify_export.source import SpotifyExport

__all__ = ["SpotifyExport"]
