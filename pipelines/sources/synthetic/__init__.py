"""A seeded world of invented listeners, artists and tracks.

The same options give the same rows for ever, on every machine: nothing reads a clock. Listeners have planted tastes
that drift, tracks follow a law of popularity, plays come in sessions with times, some tracks are cold, some audio
features are missing, and a few rows are bad on purpose. The parts, in the order in which they are made:

    world       size, calendar, sources of chance        names, genres   the words
    catalogue   tracks, artists, scenes                  labels          ids and names
    listeners   planted tastes                           truth           what was planted, for tests
    listening   plays                                    reactions       likes, saves, dislikes, ratings, playlists
    track_rows, event_rows   rows of the three tables    dirt            bad rows

Worlds of any size are streamed: memory holds the catalogue and one block of listeners.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from pipelines.data.provenance import Provenance
from pipelines.errors import ConfigError
from pipelines.sources.base import Reading, Source, SourceOptions
from pipelines.sources.synthetic.catalogue import Catalogue, make_catalogue
from pipelines.sources.synthetic.dirt import dirty_rows
from pipelines.sources.synthetic.event_rows import interaction_rows, playlist_rows
from pipelines.sources.synthetic.labels import Labels, listener_ids, make_labels
from pipelines.sources.synthetic.listeners import make_listeners
from pipelines.sources.synthetic.listening import make_plays
from pipelines.sources.synthetic.reactions import make_playlists, make_reactions
from pipelines.sources.synthetic.track_rows import track_rows
from pipelines.sources.synthetic.truth import Truth
from pipelines.sources.synthetic.world import BLOCK_LISTENERS, SIZES, WorldSize

__all__ = ["Synthetic", "SyntheticOptions", "Truth"]


class SyntheticOptions(SourceOptions):
    """Which world to make.

    Attributes:
        size: How large: from 30 listeners (``tiny``) to 100 million plays (``100m``).
        seed: Another seed is another world.
        dirt: Bad rows as a share of the good ones.
        batch_rows: The most rows in a batch; changes nothing but memory.
    """

    size: Literal["tiny", "small", "medium", "large", "100m"] = "small"
    seed: int = Field(default=20260630, ge=0)
    dirt: float = Field(default=0.0002, ge=0.0, le=1.0)
    batch_rows: int = Field(default=1 << 17, gt=0)


class Synthetic(Source):
    """An invented world of listening.

    Raises:
        ConfigError: An archive was named; there is nothing to read here.
    """

    name: ClassVar[str] = "synthetic"
    title: ClassVar[str] = "Synthetic world"
    reading: ClassVar[Reading] = Reading.WORLD
    options_type: ClassVar[type[SourceOptions]] = SyntheticOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        chosen = self.options if isinstance(self.options, SyntheticOptions) else SyntheticOptions()
        if self.options.archive is not None:
            raise ConfigError(
                "the synthetic world is made, not read", where="source 'synthetic'", remedy="Leave the archive out"
            )
        self._seed = chosen.seed
        self._size: WorldSize = SIZES[chosen.size]
        self._size_name = chosen.size
        self._dirt = chosen.dirt
        self._batch_rows = chosen.batch_rows

    def provenance(self) -> Provenance:
        """Return how the world was made."""
        return Provenance(
            source=self.name,
            origin=f"synthetic world, size {self._size_name}, seed {self._seed}, dirt {self._dirt}",
            licence="CC0-1.0",
        )

    def interactions(self) -> Iterator[pa.Table]:
        """Yield plays, skips, likes, saves, dislikes, ratings and playlist additions, listener by listener."""
        for block in self._blocks():
            good = self._events(block)
            bad, _ = dirty_rows(good, self._dirt, self._seed, block)
            yield from self._batches(pa.concat_tables([good, bad]))

    def tracks(self) -> Iterator[pa.Table]:
        """Yield the catalogue."""
        yield from self._batches(track_rows(self._seed, self._catalogue, self._labels, dirty=self._dirt > 0.0))

    def playlists(self) -> Iterator[pa.Table]:
        """Yield the listeners' playlists."""
        for block in self._blocks():
            listeners = make_listeners(self._seed, self._size, self._catalogue, block)
            entries = make_playlists(self._seed, self._catalogue, listeners, block)
            yield from self._batches(playlist_rows(self._labels, listeners, entries))

    def truth(self) -> Truth:
        """Return what was planted. Its matrices are listeners x scenes: meant for worlds up to ``medium``."""
        blocks = [make_listeners(self._seed, self._size, self._catalogue, block) for block in self._blocks()]
        scenes, artists = len(self._catalogue.scenes), len(self._catalogue.artists)
        faults: Counter[str] = Counter()
        for block in self._blocks():
            faults += dirty_rows(self._events(block), self._dirt, self._seed, block)[1]
        return Truth(
            listeners=tuple(listener_ids(0, self._size.listeners).to_pylist()),
            tracks=tuple(self._labels.track_ids.to_pylist()),
            scene=self._catalogue.scene,
            artist=self._catalogue.artist,
            genre=self._catalogue.scene_genre[self._catalogue.scene],
            appeal=self._catalogue.appeal,
            cold=self._catalogue.cold,
            tastes_before=np.concatenate([listeners.before.over_scenes(scenes) for listeners in blocks]),
            tastes_after=np.concatenate([listeners.after.over_scenes(scenes) for listeners in blocks]),
            following=np.concatenate([listeners.after.over_artists(artists) for listeners in blocks]),
            faults=dict(faults),
        )

    @cached_property
    def _catalogue(self) -> Catalogue:
        return make_catalogue(self._seed, self._size)

    @cached_property
    def _labels(self) -> Labels:
        return make_labels(self._seed, self._catalogue)

    def _blocks(self) -> range:
        return range(-(-self._size.listeners // BLOCK_LISTENERS))

    def _events(self, block: int) -> pa.Table:
        """Make the good rows of one block."""
        listeners = make_listeners(self._seed, self._size, self._catalogue, block)
        plays = make_plays(self._seed, self._catalogue, listeners, block)
        reactions = make_reactions(self._seed, self._catalogue, listeners, plays, block)
        entries = make_playlists(self._seed, self._catalogue, listeners, block)
        return interaction_rows(self._labels, listeners, plays, reactions, entries)

    def _batches(self, rows: pa.Table) -> Iterator[pa.Table]:
        for start in range(0, rows.num_rows, self._batch_rows):
            yield rows.slice(start, self._batch_rows)
