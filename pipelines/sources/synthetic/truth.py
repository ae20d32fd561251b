"""What was planted in a synthetic world: for tests, never for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sources.synthetic.listeners import LOYALTY


@dataclass(frozen=True)
class Truth:
    """The planted world.

    Attributes:
        listeners: Listener ids.
        tracks: Track ids.
        scene: Scene of each track.
        genre: Genre of each track, by its place on the circle of genres.
        appeal: How strongly each track draws listeners of its scene; the sum over all is 1.
        cold: Which tracks came out too late to be played much.
        artist: Artist of each track.
        tastes_before: Listeners x scenes at the start, rows sum to 1.
        tastes_after: Listeners x scenes at the end, rows sum to 1.
        following: Listeners x artists at the end: the weight of a favourite scene, shared among the artists followed
            in it; rows sum to 1.
        faults: How many bad interactions were planted, by fault.
    """

    listeners: tuple[str, ...]
    tracks: tuple[str, ...]
    scene: np.ndarray
    genre: np.ndarray
    appeal: np.ndarray
    cold: np.ndarray
    artist: np.ndarray
    tastes_before: np.ndarray
    tastes_after: np.ndarray
    following: np.ndarray
    faults: dict[str, int]

    def affinity(self) -> np.ndarray:
        """Return listeners x tracks: how likely each track is the next one from a favourite scene, at the end."""
        of_scenes = self.tastes_after[:, self.scene] * _shares(self.appeal, self.scene)
        of_artists = self.following[:, self.artist] * _shares(self.appeal, self.artist)
        return np.asarray((1.0 - LOYALTY) * of_scenes + LOYALTY * of_artists)


def _shares(appeal: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return each track's share of the appeal of its group."""
    return np.asarray(appeal / np.bincount(group, weights=appeal)[group])
