"""The strong rules: corrections, then equal ISRCs and equal MusicBrainz recordings."""

from __future__ import annotations

import numpy as np

from pipelines.data.entities.evidence import MOST_ALIKE, Rule
from pipelines.data.entities.identities import NONE, Identities
from pipelines.data.entities.links import Links, groups_of, neighbours


def link_by_code(tracks: Identities, same: np.ndarray, apart: np.ndarray) -> Links:
    """Return the links between tracks that a correction or a code joins.

    Equal codes join tracks of one catalogue too: Spotify, for one, has an id for each release of a recording. Where a
    correction keeps two tracks apart, the tracks between them go with the one that comes first.

    Args:
        tracks: The tracks.
        same: Pairs of positions that a correction joins, n x 2.
        apart: Pairs that a correction keeps apart, n x 2.
    """
    corrected = Links.of(same.tolist(), Rule.CORRECTION)
    links = Links.together([corrected, _equal(tracks.isrc, Rule.ISRC), _equal(tracks.mbid, Rule.MBID)])
    groups = groups_of(len(tracks), links)
    torn = np.isin(groups, groups[apart[groups[apart[:, 0]] == groups[apart[:, 1]]]])
    if not torn.any():
        return links
    every = Links.together(
        [
            corrected,
            *(_all_pairs(np.where(torn, tracks.isrc, NONE), Rule.ISRC)),
            *(_all_pairs(np.where(torn, tracks.mbid, NONE), Rule.MBID)),
        ]
    )
    whole = links.where(~torn[links.first])
    return Links.together([whole, _kept_apart(every.where(torn[every.first]), apart)])


def shared_by_few(codes: np.ndarray) -> np.ndarray:
    """Return codes without those that more than ``MOST_ALIKE`` tracks share: they are placeholders."""
    counts = np.bincount(codes[codes >= 0], minlength=1)
    return np.where((codes >= 0) & (counts[codes] <= MOST_ALIKE), codes, NONE)


def _equal(codes: np.ndarray, rule: Rule) -> Links:
    """Link each track to the first one with the same code."""
    usable = shared_by_few(codes)
    positions = np.flatnonzero(usable >= 0)
    _, first, inverse = np.unique(usable[positions], return_index=True, return_inverse=True)
    leader = positions[first[inverse.ravel()]] if len(positions) else positions
    others = leader != positions
    return Links(leader[others], positions[others], np.full(int(others.sum()), rule, dtype=np.int64))


def _all_pairs(codes: np.ndarray, rule: Rule) -> list[Links]:
    pairs = neighbours(codes, MOST_ALIKE)
    return [Links(first, second, np.full(len(first), rule, dtype=np.int64)) for first, second in pairs]


def _kept_apart(links: Links, apart: np.ndarray) -> Links:
    """Take links by rule and position, but none that would bring two tracks together that are kept apart."""
    order = np.lexsort((links.second, links.first, links.rule))
    group = {position: {position} for position in {*links.first.tolist(), *links.second.tolist()}}
    enemies: dict[int, set[int]] = {}
    for first, second in apart.tolist():
        enemies.setdefault(first, set()).add(second)
        enemies.setdefault(second, set()).add(first)
    taken = []
    for place in order.tolist():
        one, other = group[int(links.first[place])], group[int(links.second[place])]
        if one is other or any(not enemies.get(member, set()).isdisjoint(other) for member in one):
            continue
        one |= other
        group |= dict.fromkeys(other, one)
        taken.append(place)
    return links.where(np.array(taken, dtype=np.int64))
