"""What listeners say about what they heard: likes, saves, dislikes, ratings; and the playlists they keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.data import columns as c
from pipelines.sources.synthetic.catalogue import Catalogue
from pipelines.sources.synthetic.listeners import Listeners
from pipelines.sources.synthetic.listening import Plays
from pipelines.sources.synthetic.world import END_US, START_US, Stream, generator

_LIKES = 0.07
_SAVES = 0.03
_DISLIKES = 0.05
_RATES = 0.20
_AFTER_US = 1_500_000
_OWNERS = 0.25
_SHORTEST = 8
_LONGEST = 25


@dataclass(frozen=True)
class Reactions:
    """Things said about tracks; one entry a row.

    Attributes:
        listener: Position of the listener in the block.
        track: The track.
        at: When, in microseconds since 1970.
        kind: What was said.
        value: The rating, NaN for other kinds.
    """

    listener: np.ndarray
    track: np.ndarray
    at: np.ndarray
    kind: np.ndarray
    value: np.ndarray


def make_reactions(seed: int, catalogue: Catalogue, listeners: Listeners, plays: Plays, block: int) -> Reactions:
    """Let listeners react to some of their plays; each says the same about a track only once."""
    rng = generator(seed, Stream.REACTIONS, block)
    known = listeners.knows(plays.listener, catalogue.scene[plays.track])
    pleased = known & ~plays.skipped
    chance = rng.random((4, len(known)))
    said = {
        c.LIKE: pleased & (chance[0] < _LIKES),
        c.SAVE: pleased & (chance[1] < _SAVES),
        c.DISLIKE: ~known & plays.skipped & (chance[2] < _DISLIKES),
        c.RATING: listeners.rates[plays.listener] & (chance[3] < _RATES),
    }
    # Liked scenes lie around 4, others around 2.5; what was skipped loses a point, what was repeated gains half.
    opinion = 2.5 + 1.5 * known - 1.0 * plays.skipped + 0.5 * plays.repeated + rng.normal(0.0, 0.7, len(known))
    stars = np.clip(np.round(opinion), 1.0, 5.0)
    parts = []
    for kind, chosen in said.items():
        rows = _first_of_each(plays, np.flatnonzero(chosen))
        value = stars[rows] if kind == c.RATING else np.full(len(rows), np.nan)
        parts.append(
            Reactions(
                plays.listener[rows], plays.track[rows], plays.at[rows] + _AFTER_US, np.full(len(rows), kind), value
            )
        )
    return Reactions(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("listener", "track", "at", "kind", "value")
        )
    )


def _first_of_each(plays: Plays, rows: np.ndarray) -> np.ndarray:
    """Keep of the given plays the first of each listener and track."""
    pairs = plays.listener[rows] * (plays.track.max() + 1) + plays.track[rows]
    return rows[np.sort(np.unique(pairs, return_index=True)[1])]


@dataclass(frozen=True)
class PlaylistEntries:
    """Tracks in the playlists of a block; one entry a row.

    Attributes:
        playlist: Number of the playlist in the block.
        listener: Position of the owner in the block.
        scene: The scene the playlist is about.
        position: Place in the playlist, from 1.
        track: The track.
        at: When it was added, in microseconds since 1970.
    """

    playlist: np.ndarray
    listener: np.ndarray
    scene: np.ndarray
    position: np.ndarray
    track: np.ndarray
    at: np.ndarray


def make_playlists(seed: int, catalogue: Catalogue, listeners: Listeners, block: int) -> PlaylistEntries:
    """Let some listeners keep one playlist, of tracks from a favourite scene that were out when the world began."""
    rng = generator(seed, Stream.PLAYLISTS, block)
    owners = np.flatnonzero(rng.random(len(listeners)) < _OWNERS)
    lengths = rng.integers(_SHORTEST, _LONGEST + 1, len(owners))
    begun = listeners.joined[owners] + rng.random(len(owners)) * 0.9 * (END_US - listeners.joined[owners])
    playlist = np.repeat(np.arange(len(owners)), lengths)
    scene = listeners.before.scenes[owners, 0][playlist]
    track = catalogue.scenes.draw(scene, rng.random(len(playlist)))
    track = np.where(catalogue.released[track] < START_US, track, scene)
    fresh = np.sort(np.unique(playlist * len(catalogue) + track, return_index=True)[1])
    playlist, scene, track = playlist[fresh], scene[fresh], track[fresh]
    begins = np.searchsorted(playlist, playlist, side="left")
    position = np.arange(len(playlist)) - begins + 1
    at = begun.astype(np.int64)[playlist] + position * 30 * _AFTER_US
    return PlaylistEntries(playlist, owners[playlist], scene, position, track, at)
