"""The public ids of a track in the forms people and programs write them, as the ids rows carry."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

SPOTIFY_TRACK: Final = "spotify:track:"
RECORDING: Final = "mbid:"

#: spotify:track:<id>, https://open.spotify.com/[intl-xx/]track/<id>?si=..., or the id alone.
_SPOTIFY = r"^(?:.*\btrack[:/])?(?P<id>[0-9A-Za-z]{22})(?:[?#].*)?$"
_MBID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_ISRC = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"


def spotify_track_ids(texts: pa.Array) -> pa.Array:
    """Return ``spotify:track:<id>`` for each URI, address or bare id of a track; null for anything else."""
    found = pc.struct_field(pc.extract_regex(texts, _SPOTIFY), "id")
    return pc.binary_join_element_wise(SPOTIFY_TRACK, found, "")


def recording_ids(texts: pa.Array) -> pa.Array:
    """Return ``mbid:<id>`` for each MusicBrainz id of a recording; null for anything else."""
    lower = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    known = pc.if_else(pc.match_substring_regex(lower, _MBID), lower, None)
    return pc.binary_join_element_wise(RECORDING, known, "")


def isrcs(texts: pa.Array) -> pa.Array:
    """Return each ISRC in capitals and without hyphens; null for what is none."""
    plain = pc.utf8_upper(pc.replace_substring(pc.utf8_trim_whitespace(texts), "-", ""))
    return pc.if_else(pc.match_substring_regex(plain, _ISRC), plain, None)
