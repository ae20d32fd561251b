"""What a block of listeners plays, and when.

A play repeats one of the listener's earlier plays, or it is something new: from a favourite scene (of the first taste
or the second, by the time that has passed) and there mostly of an artist the listener follows, or from the whole
catalogue out of curiosity. Plays come in sessions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.synthetic.catalogue import Catalogue
from pipelines.sources.synthetic.listeners import LOYALTY, Listeners
from pipelines.sources.synthetic.world import DAY_US, END_US, START_US, Stream, draw, generator

_SESSION_PLAYS = 8
_LAST_SESSION_US = DAY_US // 2
_HOUR_US = DAY_US // 24
_REPEATS = 0.35
_CURIOUS = 0.10
_SKIPS_KNOWN = 0.06
_SKIPS_STRANGE = 0.35
_BREAKS_OFF = 0.10
_REDRAWS = 3
_GAP_US = 1_000_000


@dataclass(frozen=True)
class Plays:
    """The plays of a block in the order of listener and time; one entry a play.

    Attributes:
        listener: Position of the listener in the block.
        track: What was played.
        at: When, in microseconds since 1970; later from one play of a listener to the next.
        played_ms: For how long.
        skipped: Whether it was skipped.
        repeated: Whether the listener had played the track before on purpose.
    """

    listener: np.ndarray
    track: np.ndarray
    at: np.ndarray
    played_ms: np.ndarray
    skipped: np.ndarray
    repeated: np.ndarray


def make_plays(seed: int, catalogue: Catalogue, listeners: Listeners, block: int) -> Plays:
    """Let one block of listeners listen for two years."""
    rng = generator(seed, Stream.LISTENING, block)
    listener = np.repeat(np.arange(len(listeners)), listeners.plays)
    started, opens = _sessions(listeners, listener, rng)
    source = _repeated_play(listener, listeners.plays, rng)
    track = _new_tracks(catalogue, listeners, listener, started, rng)[source]
    strange = ~listeners.knows(listener, catalogue.scene[track])
    skipped = rng.random(len(track)) < np.where(strange, _SKIPS_STRANGE, _SKIPS_KNOWN)
    share = np.where(rng.random(len(track)) < _BREAKS_OFF, rng.uniform(0.5, 1.0, len(track)), 1.0)
    share = np.where(skipped, rng.uniform(0.01, 0.35, len(track)), share)
    played_ms = np.maximum(1_000, catalogue.duration_ms[track] * share).astype(np.int64)
    return Plays(
        listener=listener,
        track=track,
        at=_times(listener, started, opens, played_ms),
        played_ms=played_ms,
        skipped=skipped,
        repeated=source != np.arange(len(track)),
    )


def _sessions(listeners: Listeners, listener: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return for each play when its session started, and whether it opens the session."""
    joined = listeners.joined[listener]
    sessions = -(-listeners.plays // _SESSION_PLAYS)
    # Each session has a number of its own in the block; each play falls into a session of its listener.
    number = np.concatenate([[0], np.cumsum(sessions)])
    which = np.sort(number[listener] + np.floor(rng.random(len(listener)) * sessions[listener]).astype(np.int64))
    owner = np.repeat(np.arange(len(listeners)), sessions)
    day = listeners.joined[owner] + rng.random(len(owner)) * (END_US - _LAST_SESSION_US - listeners.joined[owner])
    hour = np.mod(rng.normal(listeners.evening[owner], 3.5), 24.0)
    start = np.floor(day / DAY_US) * DAY_US + hour * _HOUR_US
    start = start[np.lexsort((start, owner))].astype(np.int64)[which]
    opens = np.concatenate([[True], which[1:] != which[:-1]])
    return np.clip(start, joined, END_US - _LAST_SESSION_US), opens


def _repeated_play(listener: np.ndarray, plays: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return for each play the one whose track it plays: itself, or one before it, so that favourites grow."""
    here = np.arange(len(listener))
    begin = np.concatenate([[0], np.cumsum(plays)])[listener]
    earlier = begin + np.floor(rng.random(len(listener)) * (here - begin)).astype(np.int64)
    source = np.where((rng.random(len(listener)) < _REPEATS) & (here > begin), earlier, here)
    while True:
        further = source[source]
        if np.array_equal(further, source):
            return source
        source = further


def _new_tracks(
    catalogue: Catalogue, listeners: Listeners, listener: np.ndarray, started: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw a track for every play as if it were not a repeat."""
    count = len(listener)
    scene, artist = _wishes(listeners, listener, started, rng)
    anything = catalogue.scenes.tracks[draw(catalogue.scenes.cumulative[1:], rng.random(count))]
    curious = rng.random(count) < _CURIOUS
    scene = np.where(curious, catalogue.scene[anything], scene)
    loyal = ~curious & (rng.random(count) < LOYALTY)

    def draw_again(rows: np.ndarray) -> np.ndarray:
        chances = rng.random(len(rows))
        of_artist, of_scene = catalogue.artists.draw(artist[rows], chances), catalogue.scenes.draw(scene[rows], chances)
        return np.where(loyal[rows], of_artist, of_scene)

    track = np.where(curious, anything, draw_again(np.arange(count)))
    for _ in range(_REDRAWS):
        unborn = np.flatnonzero(catalogue.released[track] > started)
        track[unborn] = draw_again(unborn)
    # The track that bears the number of a scene or an artist is of that scene or artist, and an old one.
    return np.where(catalogue.released[track] > started, np.where(loyal, artist, scene), track)


def _wishes(
    listeners: Listeners, listener: np.ndarray, started: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each play the favourite scene it would be from, and the artist followed there."""
    passed = (started - START_US) / (END_US - START_US)
    later = rng.random(len(listener)) < passed
    slot, follows = rng.random(len(listener)), rng.integers(0, listeners.before.artists.shape[2], len(listener))
    wishes = []
    for taste in (listeners.before, listeners.after):
        cumulative = np.cumsum(taste.weights, axis=1)[listener]
        favourite = np.minimum((cumulative < slot[:, None]).sum(axis=1), taste.scenes.shape[1] - 1)
        wishes.append((taste.scenes[listener, favourite], taste.artists[listener, favourite, follows]))
    (scene_before, artist_before), (scene_after, artist_after) = wishes
    return np.where(later, scene_after, scene_before), np.where(later, artist_after, artist_before)


def _times(listener: np.ndarray, started: np.ndarray, opens: np.ndarray, played_ms: np.ndarray) -> np.ndarray:
    """Line the plays of a session up one after the other, and let no two plays of a listener meet."""
    before = np.concatenate([[0], np.cumsum(played_ms)[:-1]]) * 1_000
    opening = np.maximum.accumulate(np.where(opens, np.arange(len(listener)), 0))
    at = started + before - before[opening]
    # A second or more between plays: subtract the gaps, take the running maximum inside each listener, add them back.
    gaps = np.arange(len(listener)) * _GAP_US
    apart = listener * (8 * (END_US - START_US))
    return np.asarray(np.maximum.accumulate(at - gaps + apart) + gaps - apart)
