"""What is shown of a track: JSON that was made with the bundle, as bytes for answers and as values."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.texts import Texts
from serving.schemas import Track


class Display:
    """Track indices -> what a person sees. The texts stay on the disk, so a million tracks cost no Python objects."""

    def __init__(self, shown: Texts) -> None:
        self._shown = shown

    def raw(self, index: int) -> bytes:
        """Return one track as JSON."""
        return self._shown.raw(index)

    def raw_of(self, indices: Iterable[int]) -> dict[int, bytes]:
        """Return each track as JSON once, by its index."""
        wanted = list(indices)
        return dict(zip(wanted, self._shown.several(wanted), strict=True))

    def tracks(self, indices: Iterable[int]) -> dict[int, Track]:
        """Return each track once, by its index."""
        return {index: self.track(index) for index in set(indices)}

    def track(self, index: int) -> Track:
        """Return one track."""
        return Track.model_validate_json(self._shown.raw(index))
