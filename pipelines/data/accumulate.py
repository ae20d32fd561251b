"""How the rows of a new reading join the trusted rows: nothing counts twice, nothing is lost, corrections arrive.

A row is known again by who, which track, when, what and through which source it was told. A row that is known and says
the same adds nothing; one that says something else takes the place of the older one; one that lacks a value leaves the
older value. Times may come in any order. A total without a time (a play count) is known in the same way, so a second
reading of it takes its place and is not added. Plays without a time cannot be told apart: a source that told of three
of them and now tells of four has told of one more.

What else happens to the trusted rows depends on the reading (``pipelines.data.reading``): some make way for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.canonical import codes, times
from pipelines.data.catalogue import SourcedTracks, fill_gaps
from pipelines.data.reading import Reading
from pipelines.data.tables import PlaylistTable

#: The source whose world makes way for the listeners of a real service.
INVENTED: Final = "synthetic"

#: Between the parts of a key; no service has it in an id.
_SEPARATOR: Final = "\x1f"

#: For each new row the place of the trusted row that is the same thing, -1 where there is none.
_Partners = Callable[[pa.Table, pa.Table], np.ndarray]


@dataclass(frozen=True)
class Joining:
    """How one reading joins.

    Attributes:
        source: The source that was read.
        makes_way: The sources whose trusted rows give way to what was read.
    """

    source: str
    makes_way: frozenset[str]

    @classmethod
    def of(cls, source: str, reading: Reading, trusted: Mapping[str, Reading]) -> Joining:
        """Say how a reading joins.

        Args:
            source: The source that was read.
            reading: What a reading of it is.
            trusted: What a reading of each trusted source is.
        """
        people = {name for name, each in trusted.items() if each is Reading.PERSON}
        gone = {
            Reading.WORLD: set(trusted) - people,
            Reading.POPULATION: {INVENTED} - {source},
            Reading.EVENTS: {source},
            Reading.PERSON: set[str](),
        }
        return cls(source, frozenset(gone[reading] & set(trusted)))


@dataclass(frozen=True)
class Changes:
    """What became of the rows that were read and passed, and of the trusted ones.

    ``read and passed = new + updated + known``; ``trusted + new - dropped = rows afterwards``.

    Attributes:
        new: Rows that were not known.
        updated: Rows that took the place of one that said something else.
        known: Rows that said what was known already.
        dropped: Trusted rows that made way.
    """

    new: int = 0
    updated: int = 0
    known: int = 0
    dropped: int = 0

    def __add__(self, other: Changes) -> Changes:
        """Add up the changes of two parts of a table."""
        return Changes(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


@dataclass(frozen=True)
class Joined:
    """Trusted rows and new ones as one table.

    Attributes:
        rows: The rows, in no particular order.
        changes: What changed.
    """

    rows: pa.Table
    changes: Changes


def join_interactions(trusted: pa.Table, incoming: pa.Table, joining: Joining) -> Joined:
    """Join the interactions of some listeners.

    Args:
        trusted: All trusted rows of these listeners.
        incoming: All rows of theirs that were read and passed, all of the source that was read.
        joining: How they join.
    """
    return _join(trusted, incoming, joining, partners=_same_interaction)


def known_interactions(trusted: pa.Table, incoming: pa.Table) -> np.ndarray:
    """Tell which interactions of one source are known already, whatever else they say now.

    Args:
        trusted: Trusted rows of the source.
        incoming: Rows of it that were read.
    """
    return _same_interaction(trusted, incoming) >= 0


def join_tracks(trusted: SourcedTracks, incoming: pa.Table, joining: Joining) -> tuple[SourcedTracks, Changes]:
    """Join what sources say of tracks; arguments as for interactions."""
    joined = _join(trusted.data, incoming, joining, partners=_same_track)
    return SourcedTracks(joined.rows), joined.changes


def join_playlists(trusted: PlaylistTable, incoming: pa.Table, joining: Joining) -> tuple[PlaylistTable, Changes]:
    """Join playlists: a list that was read again is what it is now; lists that were not read stay as they are."""
    rows = trusted.data
    restated = pc.is_in(_list_key(rows), value_set=pc.unique(_list_key(incoming)))
    going = pc.or_(pc.is_in(rows[c.SOURCE], value_set=_texts(joining.makes_way)), restated)
    kept = rows.filter(pc.invert(going))
    known = int((_same_entry(rows, incoming) >= 0).sum())
    changes = Changes(new=incoming.num_rows - known, known=known, dropped=rows.num_rows - kept.num_rows - known)
    return PlaylistTable(pa.concat_tables([kept, incoming])), changes


def _join(trusted: pa.Table, incoming: pa.Table, joining: Joining, *, partners: _Partners) -> Joined:
    is_own = pc.equal(trusted[c.SOURCE], joining.source)
    makes_way = pc.is_in(trusted[c.SOURCE], value_set=_texts(joining.makes_way))
    others = trusted.filter(pc.invert(pc.or_(is_own, makes_way)))
    own = trusted.filter(is_own)
    partner = partners(own, incoming)
    restated = np.zeros(own.num_rows, dtype=bool)
    restated[partner[partner >= 0]] = True
    stays = np.zeros(own.num_rows, dtype=bool) if joining.source in joining.makes_way else ~restated
    filled = incoming if joining.source in joining.makes_way else fill_gaps(incoming, own, partner)
    rows = pa.concat_tables([others, own.filter(pa.array(stays)), filled])
    updated = int(_differ(filled, own, partner).sum())
    new = int((partner < 0).sum())
    return Joined(
        rows,
        Changes(
            new=new,
            updated=updated,
            known=incoming.num_rows - new - updated,
            dropped=trusted.num_rows + new - rows.num_rows,
        ),
    )


def _same_interaction(own: pa.Table, incoming: pa.Table) -> np.ndarray:
    both = pa.concat_tables([own, incoming])
    untimed_play = pc.and_(both[c.AT].is_null(), pc.equal(both[c.KIND], c.PLAY))
    heard = pc.fill_null(pc.if_else(untimed_play, both[c.VALUE], 0.0), -1.0).to_numpy()
    return _pair_up(
        [heard, codes(both[c.KIND]), codes(both[c.TRACK_ID]), times(both[c.AT]), codes(both[c.USER_ID])], own.num_rows
    )


def _same_track(own: pa.Table, incoming: pa.Table) -> np.ndarray:
    ids = pa.chunked_array([*own[c.TRACK_ID].chunks, *incoming[c.TRACK_ID].chunks], pa.string())
    return _pair_up([codes(ids)], own.num_rows)


def _same_entry(own: pa.Table, incoming: pa.Table) -> np.ndarray:
    both = pa.concat_tables([own, incoming])
    texts = (c.PLAYLIST_ID, c.OWNER, c.NAME, c.TRACK_ID, c.SOURCE)
    position = pc.fill_null(both[c.POSITION], -1).to_numpy()
    return _pair_up([position, times(both[c.ADDED_AT]), *(codes(both[name]) for name in texts)], own.num_rows)


def _pair_up(keys: Sequence[np.ndarray], own: int) -> np.ndarray:
    """Pair equal rows, the first with the first, the second with the second.

    Args:
        keys: What rows must agree in; the trusted rows stand first.
        own: How many of them there are.
    """
    incoming = np.arange(len(keys[0])) >= own
    partner = np.full(int(incoming.sum()), -1, dtype=np.int64)
    if not own or not len(partner):
        return partner
    order = np.lexsort((incoming, *keys))
    starts = np.ones(len(order), dtype=bool)
    starts[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    group = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    trusted = np.bincount(group[~incoming[order]], minlength=len(first))
    nth = np.arange(len(order)) - first[group] - trusted[group]
    paired = incoming[order] & (nth < trusted[group])
    partner[order[paired] - own] = order[first[group[paired]] + nth[paired]]
    return partner


def _differ(rows: pa.Table, own: pa.Table, partner: np.ndarray) -> np.ndarray:
    """Tell which of the rows that have a partner say something else."""
    known = np.flatnonzero(partner >= 0)
    after, before = rows.take(pa.array(known)), own.take(pa.array(partner[known]))
    different = np.zeros(len(known), dtype=bool)
    for name in rows.column_names:
        different |= _unequal(after[name].combine_chunks(), before[name].combine_chunks())
    return different


def _unequal(one: pa.Array, two: pa.Array) -> np.ndarray:
    if not pa.types.is_list(one.type):
        gap = pc.xor(one.is_null(), two.is_null())
        other_value = pc.fill_null(pc.not_equal(one, two), fill_value=False)
        return np.asarray(pc.or_(gap, other_value).to_numpy(zero_copy_only=False), dtype=bool)
    lengths = (pc.fill_null(pc.list_value_length(each), -1).to_numpy() for each in (one, two))
    different = np.asarray(np.not_equal(*lengths), dtype=bool)
    same = pa.array(~different)
    first, second = one.filter(same), two.filter(same)
    elements = _unequal(first.flatten(), second.flatten())
    rows = pc.list_parent_indices(first).to_numpy()[elements]
    different[~different] = np.bincount(rows, minlength=len(first)) > 0
    return different


def _list_key(rows: pa.Table) -> pa.ChunkedArray:
    """Return one text for each playlist: a list is known by its source, its owner and its id."""
    owner = pc.fill_null(rows[c.OWNER], "")
    return pc.binary_join_element_wise(rows[c.SOURCE], owner, rows[c.PLAYLIST_ID], _SEPARATOR)


def _texts(names: frozenset[str]) -> pa.Array:
    return pa.array(sorted(names), pa.string())
