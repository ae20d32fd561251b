"""The weak rule: the same title and main artist, where nothing speaks against it.

A name proves little, so it never joins two tracks that one catalogue holds as two, two with different ISRCs or
MusicBrainz recordings, two whose credited artists disagree, or two whose lengths are more than five seconds apart; and
what holds for two tracks has to hold for all the tracks that come together through them. Where a track fits several,
this order decides: a length that agrees, the same album, the same spelling of the title, the most complete rows, ids.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.data.entities.evidence import LENGTH_TOLERANCE_MS, MOST_ALIKE, Rule, Veto
from pipelines.data.entities.identities import NONE, Identities, albums, exact_titles
from pipelines.data.entities.links import Links, neighbours
from pipelines.data.entities.vetoes import Traits, agree, find_vetoes


def link_by_name(tracks: Identities, groups: np.ndarray, apart: np.ndarray) -> Links:
    """Return the links between groups that a name joins.

    Args:
        tracks: The tracks.
        groups: The group of each track that stronger rules make.
        apart: Pairs of positions that a correction keeps apart, n x 2.
    """
    traits = Traits.of(tracks, groups)
    first, second = _pairs(tracks, groups)
    free = find_vetoes(traits, apart, groups[first], groups[second]) == Veto.NONE
    links = Links(first[free], second[free], np.full(int(free.sum()), Rule.NAME, dtype=np.int64))
    links = links.where(_best_first(tracks, links))

    # Two groups that fit nobody else need no turn.
    pairs = np.sort(groups[np.stack([links.first, links.second], axis=1)], axis=1)
    distinct, place = np.unique(pairs, axis=0, return_index=True)
    partners = np.bincount(distinct.ravel(), minlength=len(tracks) + 1)
    alone = (partners[distinct] == 1).all(axis=1)
    contested = (partners[pairs] > 1).any(axis=1)
    return Links.together([links.where(np.sort(place[alone])), _taken_in_turn(traits, links.where(contested), apart)])


def _pairs(tracks: Identities, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all pairs of tracks of one name in different groups."""
    parts = neighbours(_worth_comparing(tracks, groups), MOST_ALIKE)
    nothing = np.empty(0, dtype=np.int64)
    first, second = (np.concatenate([nothing, *(part[place] for part in parts)]) for place in (0, 1))
    different = groups[first] != groups[second]
    return first[different], second[different]


def _worth_comparing(tracks: Identities, groups: np.ndarray) -> np.ndarray:
    """Return the name codes without those whose tracks are all of one authority, or of one group already."""
    codes = np.full(len(tracks), NONE, dtype=np.int64)
    if (tracks.authority[:1] == tracks.authority).all():
        return codes
    named = np.flatnonzero(tracks.name >= 0)
    by_name = pd.DataFrame({"authority": tracks.authority[named], "group": groups[named]}).groupby(tracks.name[named])
    differ = by_name.transform("min") != by_name.transform("max")
    worth = named[differ.all(axis=1).to_numpy()]
    codes[worth] = tracks.name[worth]
    return codes


def _best_first(tracks: Identities, links: Links) -> np.ndarray:
    """Return the order in which links are taken."""
    one, other = links.first, links.second
    no_length = np.isnan(tracks.length[one] - tracks.length[other])
    album, title = albums(tracks.rows), exact_titles(tracks.rows)
    either_none = (album[one] < 0) | (album[other] < 0)
    other_album = np.select([either_none, album[one] != album[other]], [1, 2], 0)
    missing = tracks.missing[one] + tracks.missing[other]
    return np.lexsort((other, one, missing, title[one] != title[other], other_album, no_length))


def _taken_in_turn(traits: Traits, links: Links, apart: np.ndarray) -> Links:
    """Take links in their order, but none that brings two groups together between which a veto stands."""
    groups = traits.groups
    involved = np.unique(groups[np.concatenate([links.first, links.second])])
    everybody = zip(involved.tolist(), traits.artists(involved), strict=True)
    unions = {group: _Union.of(group, traits, artists) for group, artists in everybody}
    forbidden = {frozenset(pair) for pair in groups[apart].tolist()}
    taken = []
    for place, pair in enumerate(np.stack([groups[links.first], groups[links.second]], axis=1).tolist()):
        one, other = (unions[group] for group in pair)
        if one is not other and one.admits(other, forbidden):
            one.take_in(other)
            unions |= dict.fromkeys(other.groups, one)
            taken.append(place)
    return links.where(np.array(taken, dtype=np.int64))


@dataclass
class _Union:
    """Groups that a name brought together so far."""

    groups: list[int]
    authorities: int
    has_isrc: bool
    has_mbid: bool
    shortest: float
    longest: float
    artists: set[frozenset[str]]

    @classmethod
    def of(cls, group: int, traits: Traits, artists: frozenset[str]) -> _Union:
        return cls(
            [group],
            int(traits.authorities[group]),
            bool(traits.has_isrc[group]),
            bool(traits.has_mbid[group]),
            float(traits.shortest[group]),
            float(traits.longest[group]),
            {artists},
        )

    def admits(self, other: _Union, forbidden: set[frozenset[int]]) -> bool:
        """Tell whether no veto stands between this and another union."""
        # A comparison with NaN, a length nobody knows, is false.
        too_far = max(self.longest - other.shortest, other.longest - self.shortest) > LENGTH_TOLERANCE_MS
        return not (
            self.authorities & other.authorities
            or (self.has_isrc and other.has_isrc)
            or (self.has_mbid and other.has_mbid)
            or too_far
            or not all(agree(ours, theirs) for ours in self.artists for theirs in other.artists)
            or (forbidden and any(frozenset({a, b}) in forbidden for a in self.groups for b in other.groups))
        )

    def take_in(self, other: _Union) -> None:
        """Become both."""
        self.groups += other.groups
        self.authorities |= other.authorities
        self.has_isrc |= other.has_isrc
        self.has_mbid |= other.has_mbid
        self.shortest = float(np.fmin(self.shortest, other.shortest))
        self.longest = float(np.fmax(self.longest, other.longest))
        self.artists |= other.artists
