"""What speaks against joining two groups of tracks that share a name."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.entities.evidence import LENGTH_TOLERANCE_MS, Veto
from pipelines.data.entities.identities import Identities
from pipelines.data.performers import performers


@dataclass(frozen=True)
class Traits:
    """What is known about groups of tracks as a whole; every array has one entry a group.

    Attributes:
        tracks: The tracks.
        groups: The group of each track; groups are numbered from 0.
        authorities: The bits of all authorities of a group's tracks.
        has_isrc: Whether one of them has an ISRC.
        has_mbid: Whether one of them is a MusicBrainz recording.
        shortest: The shortest known length, NaN where none is known.
        longest: The longest one.
    """

    tracks: Identities
    groups: np.ndarray
    authorities: np.ndarray
    has_isrc: np.ndarray
    has_mbid: np.ndarray
    shortest: np.ndarray
    longest: np.ndarray
    _artists: dict[int, frozenset[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, tracks: Identities, groups: np.ndarray) -> Traits:
        """Gather what the tracks of each group tell."""
        size = int(groups.max(initial=-1)) + 1
        authorities = np.zeros(size, dtype=np.int64)
        np.bitwise_or.at(authorities, groups, tracks.authority)
        shortest, longest = np.full(size, np.nan), np.full(size, np.nan)
        np.fmin.at(shortest, groups, tracks.length)
        np.fmax.at(longest, groups, tracks.length)
        isrc, mbid = (np.bincount(groups[codes >= 0], minlength=size) > 0 for codes in (tracks.isrc, tracks.mbid))
        return cls(tracks, groups, authorities, isrc, mbid, shortest, longest)

    def spread(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return how far apart the lengths of two groups are at most, NaN where one has none."""
        gaps = self.longest[one] - self.shortest[other], self.longest[other] - self.shortest[one]
        return np.asarray(np.maximum(*gaps))

    def artists(self, wanted: np.ndarray) -> list[frozenset[str]]:
        """Return everybody on the tracks of each of these groups."""
        new = np.setdiff1d(wanted, np.fromiter(self._artists, dtype=np.int64))
        places = np.flatnonzero(np.isin(self.groups, new))
        rows = self.tracks.rows.select([c.ARTISTS, c.TITLE]).take(pa.array(places))
        credited = zip(rows[c.ARTISTS].to_pylist(), rows[c.TITLE].to_pylist(), strict=True)
        for group, (artists, title) in zip(self.groups[places].tolist(), credited, strict=True):
            known, here = self._artists.get(group), frozenset(performers(artists, title))
            self._artists[group] = here if known is None else known | here
        return [self._artists[group] for group in wanted.tolist()]


def find_vetoes(traits: Traits, apart: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return what keeps each of these pairs of groups apart, a ``Veto`` each; the first that applies.

    Args:
        traits: What is known about the groups.
        apart: Pairs of positions of tracks that a correction keeps apart, n x 2.
        one: Numbers of the first groups.
        other: Numbers of the second ones.
    """
    found = np.select(
        [
            _forbidden(traits.groups, apart, one, other),
            (traits.authorities[one] & traits.authorities[other]) != 0,
            traits.has_isrc[one] & traits.has_isrc[other],
            traits.has_mbid[one] & traits.has_mbid[other],
            traits.spread(one, other) > LENGTH_TOLERANCE_MS,
        ],
        [Veto.CORRECTION, Veto.SAME_AUTHORITY, Veto.ISRC, Veto.MBID, Veto.LENGTH],
        Veto.NONE,
    )
    # Credits are texts and cost most, so they are read last.
    left = np.flatnonzero(found == Veto.NONE)
    found[left[~_artists_agree(traits, one[left], other[left])]] = Veto.ARTISTS
    return np.asarray(found)


def agree(one: frozenset[str], other: frozenset[str]) -> bool:
    """Tell whether two sets of performers can be those of one recording: some sources name the main artist only."""
    return one <= other or other <= one


def _forbidden(groups: np.ndarray, apart: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Tell which pairs of groups hold two tracks that a correction keeps apart."""
    pairs = np.sort(groups[apart], axis=1)
    size = len(groups) + 1
    wanted = np.minimum(one, other) * size + np.maximum(one, other)
    return np.isin(wanted, pairs[:, 0] * size + pairs[:, 1])


def _artists_agree(traits: Traits, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    involved = np.unique(np.concatenate([one, other]))
    numbers: dict[frozenset[str], int] = {}
    codes = np.array([numbers.setdefault(names, len(numbers)) for names in traits.artists(involved)], dtype=np.int64)
    sets = list(numbers)
    pairs = codes[np.searchsorted(involved, np.stack([one, other], axis=1))]
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    verdicts = [agree(sets[first], sets[second]) for first, second in distinct.tolist()]
    return np.array(verdicts, dtype=bool)[inverse.ravel()]
