"""What was planted in a synthetic world: for tests, never for training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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
        tastes_before: Listeners x scenes at the start, rows sum to 1.
        tastes_after: Listeners x scenes at the end, rows sum to 1.
        faults: How many bad interactions were planted, by fault.
    """

    listeners: tuple[str, ...]
    tracks: tuple[str, ...]
    scene: np.ndarray
    genre: np.ndarray
    appeal: np.ndarray
    cold: np.ndarray
    tastes_before: np.ndarray
    tastes_after: np.ndarray
    faults: dict[str, int]

    def affinity(self) -> np.ndarray:
        """Return listeners x tracks: how likely each track is the next one from a favourite scene, at the end."""
        in_scene = np.bincount(self.scene, weights=self.appeal, minlength=self.tastes_after.shape[1])
        return np.asarray(self.tastes_after[:, self.scene] * (self.appeal / in_scene[self.scene]))
