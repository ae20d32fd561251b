"""From interactions to strengths and ratings, by the rules of ``PreferenceRules``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.timeline import Additions
from pipelines.sparse import from_triples, row_of_each, with_data

#: The middle of the 1 to 5 scale: what equal play counts mean.
MIDDLE_RATING = 3.0


@dataclass(frozen=True)
class Preferences:
    """Listeners x tracks.

    Attributes:
        users: Listener ids of the rows.
        tracks: Track ids of the columns.
        strengths: Preference in plays; entries are positive.
        explicit: Explicit ratings, 1 to 5, where the listener gave one; may have entries where ``strengths`` has none.
        additions: When the strengths grew, where that is known.
    """

    users: Vocabulary
    tracks: Vocabulary
    strengths: sp.csr_array
    explicit: sp.csr_array
    additions: Additions


def preferences(table: InteractionTable, rules: PreferenceRules) -> Preferences:
    """Sum each listener's interactions with each track into one strength.

    A disliked or low-rated track leaves the history, whatever else was done with it.
    """
    users, rows = _encode(table.data[c.USER_ID])
    tracks, columns = _encode(table.data[c.TRACK_ID])
    kind = table.data[c.KIND].to_numpy()
    value = table.data[c.VALUE].to_numpy()
    shape = (len(users), len(tracks))

    rated = (kind == c.RATING) & ~np.isnan(value)
    amounts = _amounts(kind, value, rules)
    strengths = _sum(amounts, rows, columns, shape)
    unwanted = (kind == c.DISLIKE) | (rated & (value < rules.rating_floor))
    if unwanted.any():
        taken_out = _sum(unwanted.astype(np.float32), rows, columns, shape)
        taken_out.data[:] = 1.0
        strengths = sp.csr_array(strengths - strengths.multiply(taken_out))
        strengths.eliminate_zeros()
    given = _sum(np.where(rated, value, 0.0), rows, columns, shape)
    times = _sum(rated.astype(np.float32), rows, columns, shape)
    explicit = with_data(given, given.data / times.data)
    return Preferences(users, tracks, strengths, explicit, Additions.of(table.data[c.AT], rows, columns, amounts))


def joined(parts: Sequence[Preferences]) -> Preferences:
    """Put together what different listeners like; no listener stands in two of the parts."""
    if len(parts) == 1:
        return parts[0]
    users = Vocabulary.of(chain.from_iterable(part.users.ids for part in parts))
    tracks = Vocabulary.of(chain.from_iterable(part.tracks.ids for part in parts))
    places = [(users.indices(part.users.ids), tracks.indices(part.tracks.ids)) for part in parts]
    return Preferences(
        users,
        tracks,
        _placed([part.strengths for part in parts], places, (len(users), len(tracks))),
        _placed([part.explicit for part in parts], places, (len(users), len(tracks))),
        Additions.joined(part.additions.placed(*where) for part, where in zip(parts, places, strict=True)),
    )


def ratings(strengths: sp.csr_array, explicit: sp.csr_array) -> sp.csr_array:
    """Return a rating on the 1 to 5 scale for every entry of ``strengths``.

    The explicit rating where there is one; else 1 + 4 x the mid-rank of the strength among the listener's own
    strengths, as a share of their number: the least played track of a long history tends to 1, the most played to 5,
    and equal play counts all give 3.
    """
    data = np.empty(strengths.nnz, dtype=np.float32)
    for start, end in zip(strengths.indptr[:-1], strengths.indptr[1:], strict=True):
        own = strengths.data[start:end]
        ordered = np.sort(own)
        below = np.searchsorted(ordered, own, side="left")
        up_to = np.searchsorted(ordered, own, side="right")
        data[start:end] = 1.0 + 4.0 * (below + up_to) / 2.0 / max(1, end - start)
    rated = with_data(strengths, data)
    if explicit.nnz:
        known = sp.csr_array(explicit.multiply(with_data(strengths, np.ones_like(data))))
        mask = with_data(known, np.ones_like(known.data))
        rated = sp.csr_array(rated - rated.multiply(mask) + known)
    return rated


def _amounts(kind: np.ndarray, value: np.ndarray, rules: PreferenceRules) -> np.ndarray:
    """Return what each row adds to a strength, in plays."""
    amounts = np.zeros(len(kind), dtype=np.float64)
    heard_enough = np.isnan(value) | (value >= rules.min_play_ms)
    amounts[(kind == c.PLAY) & heard_enough] = 1.0
    counted = kind == c.PLAY_COUNT
    amounts[counted] = np.nan_to_num(value[counted], nan=1.0)
    for name, amount in ((c.LIKE, rules.like), (c.SAVE, rules.save), (c.PLAYLIST_ADD, rules.playlist_add)):
        amounts[kind == name] = amount
    liked = (kind == c.RATING) & (value >= rules.rating_floor)
    amounts[liked] = value[liked] - rules.rating_floor + 1.0
    return amounts


def _placed(
    parts: Sequence[sp.csr_array], places: Sequence[tuple[np.ndarray, np.ndarray]], shape: tuple[int, int]
) -> sp.csr_array:
    """Return the entries of several matrices in one, each part's rows and columns at their new places."""
    rows = np.concatenate([row[row_of_each(part)] for part, (row, _) in zip(parts, places, strict=True)])
    columns = np.concatenate([column[part.indices] for part, (_, column) in zip(parts, places, strict=True)])
    return from_triples(np.concatenate([part.data for part in parts]), rows, columns, shape)


def _encode(column: pa.ChunkedArray) -> tuple[Vocabulary, np.ndarray]:
    """Return the sorted ids of a column and each row's index among them."""
    encoded = pc.dictionary_encode(column).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.dictionary(pa.int32(), pa.string()))
    ids = np.array(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(ids)
    rank = np.empty(len(ids), dtype=np.int64)
    rank[order] = np.arange(len(ids))
    return Vocabulary(ids[order]), rank[encoded.indices.to_numpy()] if len(ids) else np.empty(0, dtype=np.int64)


def _sum(amounts: np.ndarray, rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sp.csr_array:
    """Return the sums of ``amounts`` by listener and track, without zeros."""
    kept = amounts != 0
    return from_triples(amounts[kept], rows[kept], columns[kept], shape)
