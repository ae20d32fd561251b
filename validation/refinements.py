"""What differs by reading and by source: parts of the rules, as data, laid over those for all rows.

``infra/config/gate.toml`` holds the same values under ``[readings.*]`` and ``[sources.*]``: a test sees to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from pipelines.data import columns as c
from pipelines.data.reading import Reading

#: By section and rule, the keys of a rule that differ.
Refinement: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]

_WARN: Final = {"action": "warn"}
#: What is no more of the same need not be like what was there before.
_MAY_CHANGE: Final = dict.fromkeys(("upheaval", "new_values", "lost_column", "clock"), _WARN)

#: This installation's own events may be few, and about tracks that are there no more. A person is one listener, may
#: have heard little, may have nothing new since the last reading, and may change; a world is of its own, not more of
#: the last one.
READINGS: Final[Mapping[Reading, Refinement]] = {
    Reading.WORLD: {
        "batch": {"pushed_track": _WARN, "retold_tracks": _WARN},
        "history": _MAY_CHANGE,
    },
    Reading.EVENTS: {
        "batch": {
            "listeners": {"action": "warn", "at_least": 1},
            "tracks_played": {"action": "warn", "at_least": 1},
            "interactions_lost": {"action": "warn"},
            "join_rate": {"action": "warn"},
            "opinions": _WARN,
            "pushed_track": _WARN,
            "retold_tracks": _WARN,
        },
        "history": {"rows": {"action": "warn"}, **_MAY_CHANGE},
    },
    Reading.PERSON: {
        "batch": {
            "interactions": {"action": "warn"},
            "listeners": {"action": "warn", "at_least": 1},
            "tracks_played": {"action": "warn"},
            "opinions": _WARN,
            "pushed_track": _WARN,
            "retold_tracks": _WARN,
        },
        "history": {"rows": {"minimum": 0, "maximum": 10}, **_MAY_CHANGE},
    },
}

_NEVER_MISSING: Final = {"action": "warn", "at_most": 0}
#: Spotify was founded in April 2006: nothing was played there before.
_FOUNDED: Final = datetime(2006, 4, 1, tzinfo=UTC)

SOURCES: Final[Mapping[str, Refinement]] = {
    "hetrec-lastfm": {
        "interactions": {"kind": {"values": [c.PLAY_COUNT]}},
        "missing": {"tracks": {c.ARTISTS: {"action": "warn", "at_most": 0.01}}},
    },
    "taste-profile": {"interactions": {"kind": {"values": [c.PLAY_COUNT]}}},
    "yambda": {
        "interactions": {"kind": {"values": [c.PLAY, c.SKIP, c.LIKE, c.DISLIKE]}},
        "missing": {"interactions": {c.AT: _NEVER_MISSING}},
        "batch": {"opinions": _WARN},
    },
    # A listen has a time, or it is none. Dumps come twice a month.
    "listenbrainz": {
        "interactions": {"kind": {"values": [c.PLAY]}},
        "missing": {"interactions": {c.AT: _NEVER_MISSING}, "tracks": {c.ARTISTS: _NEVER_MISSING}},
        "batch": {"age_days": {"action": "warn", "at_most": 45}},
    },
    "listenbrainz-export": {
        "interactions": {"kind": {"values": [c.PLAY, c.LIKE, c.DISLIKE]}},
        "missing": {"tracks": {c.ARTISTS: _NEVER_MISSING}},
    },
    "lastfm": {
        "interactions": {"kind": {"values": [c.PLAY, c.LIKE]}},
        "missing": {"interactions": {c.AT: _NEVER_MISSING}, "tracks": {c.ARTISTS: _NEVER_MISSING}},
    },
    "exportify": {
        "interactions": {"kind": {"values": [c.PLAYLIST_ADD, c.SAVE, c.LIKE]}},
        "playlists": {"added_at": {"earliest": _FOUNDED}},
    },
    "spotify-export": {
        "interactions": {
            "kind": {"values": [c.PLAY, c.SKIP, c.SAVE, c.PLAYLIST_ADD, c.LIKE, c.DISLIKE]},
            "at": {"earliest": _FOUNDED},
        },
        "playlists": {"added_at": {"earliest": _FOUNDED}},
    },
    # It is read regularly; whoever saves and plays nothing for a month has probably logged in elsewhere.
    "spotify-api": {
        "interactions": {
            "kind": {"values": [c.PLAY, c.SAVE, c.PLAYLIST_ADD, c.LIKE]},
            "at": {"earliest": _FOUNDED},
        },
        "playlists": {"added_at": {"earliest": _FOUNDED}},
        "missing": {"tracks": {c.ARTISTS: _NEVER_MISSING}},
        "batch": {"age_days": {"action": "warn", "at_most": 30}},
    },
}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of settings over another; what it does not name stays."""
    both = {name: (base[name], over[name]) for name in base.keys() & over.keys()}
    inner = {
        name: merged(one, other)
        for name, (one, other) in both.items()
        if isinstance(one, Mapping) and isinstance(other, Mapping)
    }
    return {**base, **over, **inner}
