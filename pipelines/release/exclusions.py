"""What must not be in somebody's list, whatever the model says: what they have judged or blocked.

The service leaves these out of every list it makes. Lists for everybody are made without it, from histories of the
training, so what listeners said since has to be brought along.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.feedback import Reactions
from pipelines.data.hashing import hash_json
from pipelines.recommenders.facts import Members, ranges
from pipelines.release.model_bundle import ModelBundle
from pipelines.sparse import from_triples

_ARTIST: Final = "artist"
_SCHEMA: Final = pa.schema([(c.USER_ID, pa.string()), (c.TRACK_ID, pa.string()), (_ARTIST, pa.string())])


@dataclass(frozen=True)
class Exclusions:
    """Who must not be shown what.

    Attributes:
        rows: One row for each listener and track, or artist, the other of the two being null.
    """

    rows: pa.Table = field(repr=False)

    @classmethod
    def of(cls, told: Iterable[tuple[str, Reactions]]) -> Exclusions:
        """Return what follows from how listeners stand to tracks and artists."""
        columns: dict[str, list[Any]] = {name: [] for name in _SCHEMA.names}
        for listener, each in told:
            tracks, artists = sorted(each.tracks), sorted(each.blocked_artists)
            columns[c.USER_ID] += [listener] * (len(tracks) + len(artists))
            columns[c.TRACK_ID] += [*tracks, *[None] * len(artists)]
            columns[_ARTIST] += [*[None] * len(tracks), *artists]
        return cls(pa.table(columns, schema=_SCHEMA))

    def digest(self, listeners: pa.Array) -> str:
        """Return what tells this from anything else barred for these listeners; empty where nothing is."""
        rows = self._about(listeners)
        return hash_json([list(row.values()) for row in rows.to_pylist()])[:16] if rows.num_rows else ""

    def matrix(self, bundle: ModelBundle, listeners: pa.Array) -> sp.csr_array | None:
        """Return listeners x tracks of a bundle with an entry where a track is barred; None where none is."""
        rows = self._about(listeners)
        if not rows.num_rows:
            return None
        row = pc.index_in(rows[c.USER_ID], value_set=listeners.cast(pa.string())).to_numpy()
        is_track = rows[c.TRACK_ID].is_valid().to_numpy()
        track = bundle.indices(rows[c.TRACK_ID].drop_null().to_pylist())
        of_artists = rows.filter(pa.array(~is_track))
        by_artist, place = _tracks_of(bundle.facts.artists, of_artists[_ARTIST].to_pylist())
        known = track >= 0
        tracks = np.concatenate([track[known], by_artist])
        owners = np.concatenate([row[is_track][known], row[~is_track][place]])
        shape = (len(listeners), len(bundle.tracks))
        return from_triples(np.ones(len(tracks), dtype=np.float32), owners, tracks, shape) if len(tracks) else None

    def _about(self, listeners: pa.Array) -> pa.Table:
        return self.rows.filter(pc.is_in(self.rows[c.USER_ID], value_set=listeners.cast(pa.string())))


#: Where nothing is known of anybody.
NO_EXCLUSIONS: Final = Exclusions(_SCHEMA.empty_table())


def _tracks_of(artists: Members, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the tracks of each artist, one artist after the other, and the place in ``names`` of each track's."""
    codes, tracks = artists.of_tracks(np.arange(len(artists.indptr) - 1))
    order = np.argsort(codes, kind="stable")
    found = [artists.codes_of([name]) for name in names]
    wanted = np.array([code[0] if len(code) else -1 for code in found], dtype=codes.dtype)
    starts, ends = np.searchsorted(codes[order], wanted, "left"), np.searchsorted(codes[order], wanted, "right")
    return tracks[order][ranges(starts, ends)], np.repeat(np.arange(len(names)), ends - starts)
