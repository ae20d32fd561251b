"""A playlist as a file: JSPF (xspf.org/jspf), which players and ListenBrainz read, and CSV as Exportify writes it."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pipelines.data.spotify_ids import URI_PREFIX

_RECORDING: Final = re.compile(r"mbid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
#: Spreadsheets take a cell that begins with one of these for a formula, wide forms of them included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_COLUMNS: Final = ("Track URI", "Track Name", "Artist Name(s)", "Album Name", "Duration (ms)")
_LONGEST_FILE_NAME: Final = 80


@dataclass(frozen=True)
class PlaylistTrack:
    """What a playlist file says of a track; a missing value is None.

    Attributes:
        track_id: Its id here.
        title: Its title.
        artists: Its artists.
        album: Its album.
        duration_ms: How long it is, in ms.
        spotify_id: Spotify's id of it.
    """

    track_id: str
    title: str
    artists: Sequence[str] = ()
    album: str | None = None
    duration_ms: int | None = None
    spotify_id: str | None = None

    @property
    def uri(self) -> str | None:
        """The address by which others know the recording: Spotify's, else MusicBrainz's; an id of ours says nothing."""
        if self.spotify_id:
            return f"{URI_PREFIX}{self.spotify_id}"
        recording = _RECORDING.fullmatch(self.track_id)
        return f"https://musicbrainz.org/recording/{recording[1]}" if recording else None


def to_jspf(name: str, tracks: Sequence[PlaylistTrack]) -> str:
    """Return a playlist as JSPF; what is not known of a track is left out, as the format asks."""
    content = {"title": name, "creator": "Crossfade", "track": [_jspf_track(track) for track in tracks]}
    return json.dumps({"playlist": content}, ensure_ascii=False, indent=2)


def to_csv(tracks: Sequence[PlaylistTrack]) -> str:
    """Return the tracks of a playlist as CSV (RFC 4180); no cell of it is a formula to a spreadsheet."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for track in tracks:
        artists = ", ".join(name.replace(",", "\\,") for name in track.artists)
        cells = (track.uri, track.title, artists, track.album, track.duration_ms)
        writer.writerow(["" if cell is None else _harmless(str(cell)) for cell in cells])
    return text.getvalue()


def file_name(name: str, ending: str) -> str:
    """Return a name that any file system takes and no path can be made of.

    Args:
        name: The playlist's name, from anywhere.
        ending: With its dot.
    """
    plain = unicodedata.normalize("NFC", name)
    words = "".join(sign if sign.isalnum() or sign in "-_" else " " for sign in plain).split()
    return ("-".join(words)[:_LONGEST_FILE_NAME].strip("-_") or "playlist") + ending


def _jspf_track(track: PlaylistTrack) -> dict[str, Any]:
    known = {
        "title": track.title,
        "creator": ", ".join(track.artists) or None,
        "album": track.album,
        "duration": track.duration_ms,
        "identifier": [track.uri] if track.uri else None,
    }
    return {key: value for key, value in known.items() if value is not None}


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" \u00a0").startswith(_FORMULA) else cell
