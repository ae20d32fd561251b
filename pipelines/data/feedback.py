"""Feedback: what listeners did with the tracks of their lists, and what follows from it.

Events are only ever added. What stands of them is computed here, by pure functions that do not depend on the order in
which the events arrived: an undone event is as if it had never been sent, and of a like and a dislike of the same track
the later one counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: The source through which it is trained on.
SOURCE: Final = "feedback"

LIKE: Final = "like"
DISLIKE: Final = "dislike"
SKIP: Final = "skip"
PLAY: Final = "play"
BLOCK_TRACK: Final = "block_track"
BLOCK_ARTIST: Final = "block_artist"
UNDO: Final = "undo"
KINDS: Final = (LIKE, DISLIKE, SKIP, PLAY, BLOCK_TRACK, BLOCK_ARTIST, UNDO)


@dataclass(frozen=True)
class Event:
    """One thing a listener did.

    Attributes:
        listener_id: Who.
        event_id: The sender's own id for it, unique for the listener: sent twice, it counts once.
        kind: One of ``KINDS``.
        at: When the service took it (ISO 8601, UTC, microseconds), so that texts sort like times.
        track_id: About which track; None for a blocked artist and an undo.
        artist: Which artist is blocked.
        undoes: The event that an undo takes back.
        list_id: The request id of the list the track stood in.
        ms_played: How long it was played, in ms.
        model_version: The model that was served.
    """

    listener_id: str
    event_id: str
    kind: str
    at: str
    track_id: str | None = None
    artist: str | None = None
    undoes: str | None = None
    list_id: str | None = None
    ms_played: int | None = None
    model_version: str | None = None


@dataclass(frozen=True)
class Reactions:
    """How a listener stands to tracks and artists.

    Attributes:
        likes: Liked tracks, the latest last.
        dislikes: Disliked tracks, likewise; none of them is liked.
        plays: Track -> how often it was played long enough.
        skips: Track -> how often it was skipped.
        blocked_tracks: Tracks that must not appear.
        blocked_artists: Names of artists none of whose tracks may appear.
    """

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    plays: Mapping[str, int] = field(default_factory=dict)
    skips: Mapping[str, int] = field(default_factory=dict)
    blocked_tracks: tuple[str, ...] = ()
    blocked_artists: tuple[str, ...] = ()

    @property
    def tracks(self) -> frozenset[str]:
        """Every track the listener reacted to."""
        return frozenset((*self.likes, *self.dislikes, *self.plays, *self.skips, *self.blocked_tracks))


def standing(events: Iterable[Event]) -> list[Event]:
    """Return one listener's events that stand, in the order of their times: neither undos nor what they undo.

    An undo takes back what happened before it, another undo included; with that, the first event stands again.
    """
    ordered = sorted({event.event_id: event for event in events}.values(), key=lambda each: (each.at, each.event_id))
    undone: set[str] = set()
    kept = []
    for event in reversed(ordered):
        if event.event_id in undone:
            continue
        if event.kind == UNDO:
            undone.add(event.undoes or "")
        else:
            kept.append(event)
    return kept[::-1]


def reactions(events: Iterable[Event], *, min_play_ms: int = 0) -> Reactions:
    """Return what follows from one listener's events.

    Args:
        events: All of them, in any order; one that stands there twice counts once.
        min_play_ms: A play known to be shorter than this is none.
    """
    verdicts: dict[str, str] = {}
    heard: dict[str, Counter[str]] = {PLAY: Counter(), SKIP: Counter()}
    blocked: dict[str, dict[str, None]] = {BLOCK_TRACK: {}, BLOCK_ARTIST: {}}
    for event in standing(events):
        if event.kind in {LIKE, DISLIKE} and event.track_id:
            verdicts.pop(event.track_id, None)
            verdicts[event.track_id] = event.kind
        elif event.kind in heard and event.track_id and not _cut_short(event, min_play_ms):
            heard[event.kind][event.track_id] += 1
        elif event.kind in blocked:
            blocked[event.kind][event.track_id or event.artist or ""] = None
    return Reactions(
        likes=tuple(track for track, verdict in verdicts.items() if verdict == LIKE),
        dislikes=tuple(track for track, verdict in verdicts.items() if verdict == DISLIKE),
        plays=dict(heard[PLAY]),
        skips=dict(heard[SKIP]),
        blocked_tracks=tuple(blocked[BLOCK_TRACK]),
        blocked_artists=tuple(blocked[BLOCK_ARTIST]),
    )


def _cut_short(event: Event, min_play_ms: int) -> bool:
    return event.kind == PLAY and event.ms_played is not None and event.ms_played < min_play_ms
