"""One person's scrobbles from Last.fm, as CSV.

Last.fm itself gives out no file; several programs do, each in its own form:

- "Last.fm to CSV": no header, ``artist,album,track,31 Dec 2020 23:59``;
- lastfmstats.com: ``Artist;Album;AlbumId;Track;Date#<user>`` with milliseconds since 1970;
- the exporter at ghan.nl: ``uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid``;
- Open Scrobbler, Universal Scrobbler and others: a header that names artist, track and a time.

Columns are found by their names, so any other program's file with a header is read as well; for one without, the option
``columns`` names them.
"""

from __future__ import annotations

from pipelines.sources.lastfm.source import Lastfm, LastfmOptions

__all__ = ["Lastfm", "LastfmOptions"]
