"""Tracks from elsewhere found in one catalogue: by their id, else by the rules that join the tracks of sources.

A catalogue may hold a million tracks and a person's export some thousands, so only what could be one of them is looked
at: tracks of the same main artist, or with the same ISRC. Nothing else can be joined by ``resolve``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.entities.evidence import RULE
from pipelines.data.entities.identities import isrcs
from pipelines.data.entities.resolution import resolve
from pipelines.data.names import normalise_artists
from pipelines.data.tables import TrackCatalogue

#: Found by its own id, or by another id of the same track.
BY_ID: Final = "id"


@dataclass(frozen=True)
class Found:
    """What became of tracks from elsewhere.

    Attributes:
        ids: For each track that was found its id in the catalogue.
        rules: How many were found by which rule.
        unknown: The tracks that were not, sorted.
    """

    ids: Mapping[str, str]
    rules: Counter[str] = field(default_factory=Counter)
    unknown: tuple[str, ...] = ()


def look_up(tracks: TrackCatalogue, catalogue: TrackCatalogue, aliases: Mapping[str, str]) -> Found:
    """Find tracks from elsewhere in a catalogue.

    Args:
        tracks: The tracks, one row each.
        catalogue: Where to look.
        aliases: Other ids of its tracks, each with the id it stands for.
    """
    wanted = tracks.data[c.TRACK_ID]
    own = pa.array([aliases.get(track, track) for track in wanted.to_pylist()], pa.string())
    known = pc.is_in(own, value_set=catalogue.data[c.TRACK_ID].combine_chunks())
    ids = dict(zip(wanted.filter(known).to_pylist(), own.filter(known).to_pylist(), strict=True))
    rules = Counter({BY_ID: len(ids)} if ids else {})
    others = tracks.data.filter(pc.invert(known))
    candidates = _candidates(others, catalogue.data)
    # Two ids of one service never join one track together, and a person may have played both a single and its album:
    # those that are left have their turn without those that were found.
    while others.num_rows and (by_rule := _resolved(others, candidates)):
        rules.update(rule for _, rule in by_rule.values())
        ids |= {track: served for track, (served, _) in by_rule.items()}
        others = others.filter(pc.invert(pc.is_in(others[c.TRACK_ID], value_set=pa.array(by_rule, pa.string()))))
    return Found(ids, rules, tuple(sorted(others[c.TRACK_ID].to_pylist())))


def _candidates(tracks: pa.Table, catalogue: pa.Table) -> pa.Table:
    """Return the rows of a catalogue that could be one of the tracks."""
    same_artist = pc.is_in(_main_artists(catalogue), value_set=_known(_main_artists(tracks)))
    same_code = pc.is_in(isrcs(catalogue), value_set=_known(isrcs(tracks)))
    return catalogue.filter(pc.or_(same_artist, same_code))


def _resolved(tracks: pa.Table, candidates: pa.Table) -> dict[str, tuple[str, str]]:
    """Return for each track that is joined to a candidate that one's id and the rule."""
    matches = resolve(TrackCatalogue(pa.concat_tables([candidates, tracks]))).matches
    served: dict[str, str] = {}
    names = candidates[c.TRACK_ID].combine_chunks()
    # Where several tracks of the catalogue are one recording by now, the first id stands for it, the same every time.
    for canonical, name in sorted(zip(matches.canonical(names).to_pylist(), names.to_pylist(), strict=True)):
        served.setdefault(canonical, name)
    rule_of = dict(zip(matches.data[c.TRACK_ID].to_pylist(), matches.data[RULE].to_pylist(), strict=True))
    wanted = tracks[c.TRACK_ID].combine_chunks()
    found = {}
    for track, canonical in zip(wanted.to_pylist(), matches.canonical(wanted).to_pylist(), strict=True):
        if canonical in served:
            # A track that lends the recording its id hangs on nothing: what hangs on it says what joined them.
            found[track] = (served[canonical], rule_of.get(track) or rule_of[served[canonical]])
    return found


def _main_artists(rows: pa.Table) -> pa.Array:
    return normalise_artists(pc.binary_join(pc.list_slice(rows[c.ARTISTS], 0, 1), ""))


def _known(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return the different texts, without missing and empty ones."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return pc.unique(whole.filter(pc.greater(pc.binary_length(whole), 0)))
