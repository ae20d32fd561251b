"""One recording from several sources becomes one track.

Rules, strongest first: a person's corrections; equal ISRCs; equal MusicBrainz recordings; the same name
(``pipelines.data.entities.by_name``). The result depends on the set of rows and corrections only, not on their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from pipelines.data import columns as c
from pipelines.data.entities.by_code import link_by_code
from pipelines.data.entities.by_name import link_by_name
from pipelines.data.entities.corrections import Corrections, Pair
from pipelines.data.entities.evidence import MATCH_SCHEMA, Rule
from pipelines.data.entities.identities import Identities, albums, isrcs, mbids
from pipelines.data.entities.links import Links, groups_of
from pipelines.data.entities.matches import Matches
from pipelines.data.names import KEY_SEPARATOR, name_key
from pipelines.data.tables import TrackCatalogue


@dataclass(frozen=True)
class Resolution:
    """Which tracks are the same recording.

    Attributes:
        matches: The tracks that go by another one's id, with rule and evidence.
        unknown: Track ids in the corrections that the catalogue does not have, sorted.
    """

    matches: Matches
    unknown: tuple[str, ...]


def resolve(catalogue: TrackCatalogue, corrections: Corrections | None = None) -> Resolution:
    """Find the tracks of a catalogue that are the same recording.

    Args:
        catalogue: One row a track id, from any number of sources.
        corrections: What a person says; it always wins.
    """
    said = corrections or Corrections()
    tracks = Identities.of(catalogue)
    same, apart = positions_of(tracks, said.same), positions_of(tracks, said.apart)
    strong = link_by_code(tracks, same, apart)
    weak = link_by_name(tracks, groups_of(len(tracks), strong), apart)
    links = Links.together([strong, weak])
    named = {track for pair in (*said.same, *said.apart) for track in pair}
    ids = sorted(named)
    unknown = tuple(track for track, place in zip(ids, tracks.positions(ids), strict=True) if place < 0)
    return Resolution(_matches(tracks, links), unknown)


def positions_of(tracks: Identities, pairs: tuple[Pair, ...]) -> np.ndarray:
    """Return the pairs whose tracks are both here, as positions, n x 2."""
    flat = tracks.positions([track for pair in pairs for track in pair]).reshape(-1, 2)
    return flat[(flat >= 0).all(axis=1)]


def _matches(tracks: Identities, links: Links) -> Matches:
    """Choose each group's canonical track and tell for each other one what it hangs on."""
    groups = groups_of(len(tracks), links)
    by_preference = np.argsort(tracks.preference)
    canonical = np.empty(int(groups.max(initial=-1)) + 1, dtype=np.int64)
    canonical[groups[by_preference[::-1]]] = by_preference[::-1]
    others = np.flatnonzero(canonical[groups] != np.arange(len(tracks)))
    if not len(others):
        return Matches.none()
    matched, rules = _hanging_on(len(tracks), links, np.unique(canonical), others)
    evidence = _evidence(tracks, others, matched, rules)
    words = np.array([rule.word for rule in Rule], dtype=object)
    columns = [tracks.ids[others], tracks.ids[canonical[groups[others]]], tracks.ids[matched], words[rules], evidence]
    return Matches(pa.table([pa.array(column, pa.string()) for column in columns], schema=MATCH_SCHEMA))


def _hanging_on(size: int, links: Links, canonical: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each of ``others`` the track next to it on a shortest way to its canonical track, and the rule.

    One search from a root that is tied to every canonical track finds all ways at once.
    """
    root = np.full(len(canonical), size, dtype=np.int64)
    places = (np.concatenate([links.first, root]), np.concatenate([links.second, canonical]))
    graph = sp.csr_array((np.ones(len(places[0]), dtype=np.int32), places), shape=(size + 1, size + 1))
    _, before = breadth_first_order(graph, size, directed=False)
    matched = before[others].astype(np.int64)

    strongest = links.where(np.argsort(links.rule, kind="stable"))
    keys, first = np.unique(_pair_keys(strongest.first, strongest.second, size), return_index=True)
    rules = strongest.rule[first][np.searchsorted(keys, _pair_keys(others, matched, size))]
    return matched, rules


def _pair_keys(one: np.ndarray, other: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(np.minimum(one, other) * (size + 1) + np.maximum(one, other))


def _evidence(tracks: Identities, tracks_at: np.ndarray, matched: np.ndarray, rules: np.ndarray) -> list[str]:
    """Say in words what joins each track to the one it hangs on."""
    shared = np.full(len(tracks_at), "matches.csv", dtype=object)
    for rule, texts in ((Rule.ISRC, isrcs(tracks.rows)), (Rule.MBID, mbids(tracks.rows))):
        at = rules == rule
        shared[at] = texts.take(pa.array(tracks_at[at])).to_pylist()
    at = np.flatnonzero(rules == Rule.NAME)
    shared[at] = _name_evidence(tracks, tracks_at[at], matched[at])
    return list(shared)


def _name_evidence(tracks: Identities, one: np.ndarray, other: np.ndarray) -> list[str]:
    rows = tracks.rows.select([c.ARTISTS, c.TITLE]).take(pa.array(one))
    names = [
        name_key(artists[0], title).replace(KEY_SEPARATOR, " - ")
        for artists, title in zip(rows[c.ARTISTS].to_pylist(), rows[c.TITLE].to_pylist(), strict=True)
    ]
    apart = np.abs(tracks.length[one] - tracks.length[other]) / 1000
    album = albums(tracks.rows)
    same_album = (album[one] >= 0) & (album[one] == album[other])
    return [
        f"{name}; {'a length is not known' if np.isnan(gap) else f'lengths {gap:.1f} s apart'}"
        + ("; the same album" if same else "")
        for name, gap, same in zip(names, apart.tolist(), same_album.tolist(), strict=True)
    ]
