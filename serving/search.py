"""Search in titles and artists: words and beginnings of words, whatever the case and the accents.

An inverted index in flat arrays: sorted words, and for each word the tracks it stands in, most popular first. Words
with a common beginning are neighbours, so what a person has typed so far is one slice of the postings.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue

#: Words shorter than this are not looked for inside other words: nearly every word would match.
_SHORTEST_INSIDE = 3

#: Of the matches, so many of the most popular ones are looked at for a title that begins with the query.
_WELL_KNOWN = 2_000

#: Sorts behind every text.
_LAST_CHARACTER = chr(sys.maxunicode)

#: Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN = str.maketrans(
    {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "\u0131": "i", "þ": "th", "ð": "d"}
)
_ACCENTS_AND_APOSTROPHES = re.compile("[\u0300-\u036f'\u2018\u2019]+")
_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Return a text's words without case, accents and apostrophes.

    A text without any letter or digit ("!!!") is one word, so that it can be found too.
    """
    lower = text.lower()
    if lower.isascii():
        plain = lower.replace("'", "")
    else:
        plain = _ACCENTS_AND_APOSTROPHES.sub("", unicodedata.normalize("NFKD", lower).translate(_PLAIN))
    return _WORD.findall(plain) or ["".join(lower.split())] * bool(lower.strip())


@dataclass(frozen=True)
class SearchIndex:
    """An inverted index over a catalogue.

    Attributes:
        by_popularity: Position -> track index, most popular first; everything below counts in positions.
        titles: Each title's words, joined by blanks, by position.
        words: All words, sorted.
        starts: The postings of word ``i`` are ``postings[starts[i]:starts[i + 1]]``.
        postings: Positions of the tracks a word stands in, ascending within a word.
    """

    by_popularity: np.ndarray
    titles: pa.Array
    words: list[str]
    starts: np.ndarray
    postings: np.ndarray

    @classmethod
    def build(cls, catalogue: TrackCatalogue, by_popularity: np.ndarray) -> SearchIndex:
        """Index every track's title (its id where it has none) and artists.

        Args:
            catalogue: One row a track.
            by_popularity: Track indices, most popular first; equally good matches come in this order.
        """
        shown = catalogue.data.select([c.TRACK_ID, c.TITLE, c.ARTISTS]).take(pa.array(by_popularity))
        ids, titles, artists = (column.to_pylist() for column in shown.columns)
        title_words = [words_of(title or track_id) for track_id, title in zip(ids, titles, strict=True)]
        artist_words = [words_of(" ".join(name for name in names or () if name)) for names in artists]
        every = [title + artist for title, artist in zip(title_words, artist_words, strict=True)]
        return cls(by_popularity, pa.array(map(" ".join, title_words), type=pa.string()), *_invert(every))

    def search(self, query: str, k: int) -> np.ndarray:
        """Return up to ``k`` track indices, best match first.

        Every word of the query has to match. In this order: the title is the query; a well-known title begins with it;
        all words are whole words; all are beginnings of words; all stand inside words. Equally good matches come in
        order of popularity.
        """
        wanted = words_of(query)
        if not wanted:
            return np.empty(0, dtype=np.int64)
        query_words = " ".join(wanted)
        whole = self._matching(wanted, self._whole_word)
        begins = self._matching(wanted, self._beginning)
        is_title = _picked(whole, pc.equal(self.titles.take(pa.array(whole)), query_words))
        head = begins[:_WELL_KNOWN]
        title_begins = _picked(head, pc.starts_with(self.titles.take(pa.array(head)), query_words))
        found = [is_title, title_begins, whole, begins]
        if len(begins) < k and min(map(len, wanted)) >= _SHORTEST_INSIDE:
            found.append(self._matching(wanted, self._inside))
        # The best k come from these: while fewer than k are found, at most k of a part's first 2 k can be among them.
        positions = list(dict.fromkeys(chain.from_iterable(part[: 2 * k].tolist() for part in found)))
        return self.by_popularity[positions[:k]]

    def _matching(self, wanted: Sequence[str], postings_of: Callable[[str], np.ndarray]) -> np.ndarray:
        """Return the positions in which all wanted words match, ascending."""
        mask = np.ones(len(self.by_popularity), dtype=bool)
        for word in wanted:
            here = np.zeros_like(mask)
            here[postings_of(word)] = True
            mask &= here
        return np.flatnonzero(mask)

    def _whole_word(self, word: str) -> np.ndarray:
        """Return the postings of exactly this word."""
        place = bisect_left(self.words, word)
        known = place < len(self.words) and self.words[place] == word
        return self._slice(place, place + known)

    def _beginning(self, word: str) -> np.ndarray:
        """Return the postings of every word that begins so."""
        return self._slice(bisect_left(self.words, word), bisect_left(self.words, word + _LAST_CHARACTER))

    def _inside(self, word: str) -> np.ndarray:
        """Return the postings of every word that contains this text."""
        containing = np.flatnonzero(pc.match_substring(self._word_array, word).to_numpy(zero_copy_only=False))
        slices = [self._slice(place, place + 1) for place in containing.tolist()]
        return np.concatenate([np.empty(0, dtype=np.int64), *slices])

    def _slice(self, first: int, last: int) -> np.ndarray:
        return self.postings[self.starts[first] : self.starts[last]]

    @cached_property
    def _word_array(self) -> pa.Array:
        return pa.array(self.words, type=pa.string())


def _picked(positions: np.ndarray, flags: pa.Array) -> np.ndarray:
    """Return the positions whose flag is set."""
    chosen: np.ndarray = positions[flags.to_numpy(zero_copy_only=False).astype(bool)]
    return chosen


def _invert(every: Sequence[Sequence[str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the sorted words, where each word's postings start, and the postings, of one list of words a position."""
    coded = pa.array(chain.from_iterable(every), type=pa.string()).dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    codes = place[coded.indices.to_numpy(zero_copy_only=False)]
    positions = np.repeat(np.arange(len(every)), [len(words) for words in every])
    pairs = np.unique(codes * len(every) + positions)
    starts = np.searchsorted(pairs, np.arange(len(order) + 1) * len(every))
    return coded.dictionary.take(pa.array(order)).to_pylist(), starts, pairs % max(1, len(every))
