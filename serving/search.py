"""Search in titles and artists as a person types: whatever the case and the accents, and with typing errors."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from itertools import chain
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from pipelines.recommenders.facts import ranges
from pipelines.release.word_index import SHORTEST_WITH_ERROR, WordIndex, hashes_of, without_a_letter, words_of

#: Words shorter than this are not looked for inside other words: nearly every word would match.
_SHORTEST_INSIDE = 3

#: Of the matches, so many of the most popular ones are looked at for a title that begins with the query.
_WELL_KNOWN = 2_000

#: Sorts behind every text in UTF-8.
_LAST = "\U0010ffff"


class Search:
    """Looks words up in the index of a bundle.

    Args:
        index: The words.
        by_popularity: Position -> track index, most popular first.
    """

    def __init__(self, index: WordIndex, by_popularity: np.ndarray) -> None:
        self._index = index
        self._by_popularity = by_popularity
        self._n = len(by_popularity)

    def search(self, query: str, k: int) -> np.ndarray:
        """Return up to ``k`` track indices, best match first.

        Every word of the query has to match. In this order: the title is the query; a well-known title begins with it;
        all words are whole words; all are beginnings of words; all stand inside words; all are within one typing error
        (a letter more, less, other, or two exchanged) of a word or, the last one, with its first letter right, of a
        beginning. The last two are looked for only where fewer than ``k`` were found before. Equally good matches come
        in order of popularity.
        """
        wanted = words_of(query.encode(errors="ignore").decode())  # half a surrogate pair is no letter
        if not wanted:
            return np.empty(0, dtype=np.int64)
        query_words = " ".join(wanted)
        begins = self._matching(map(self._beginning, wanted))
        found = [self._titled(query_words), self._title_begins(begins[:_WELL_KNOWN], query_words)]
        found += [self._matching(map(self._whole_word, wanted)), begins]
        if len(begins) < k and min(map(len, wanted)) >= _SHORTEST_INSIDE:
            found.append(self._matching(map(self._inside, wanted)))
        if max(map(len, found)) < k:
            *finished, last = wanted
            found.append(self._matching([*map(self._with_error, finished), self._unfinished_with_error(last)]))
        # The best k come from these: while fewer than k are found, at most k of a part's first 2 k can be among them.
        positions = list(dict.fromkeys(chain.from_iterable(part[: 2 * k].tolist() for part in found)))
        return self._by_popularity[positions[:k]].astype(np.int64)

    def _titled(self, query_words: str) -> np.ndarray:
        """Return the positions of the tracks whose title is the query, ascending."""
        wanted = np.uint32(crc32(query_words.encode()))
        hashes = self._index.title_hashes
        first, last = np.searchsorted(hashes, wanted), np.searchsorted(hashes, wanted, side="right")
        same_hash = self._index.title_order[first:last]
        same = [place for place in same_hash.tolist() if self._index.titles[place] == query_words]
        return np.array(same, dtype=np.int64)

    def _title_begins(self, positions: np.ndarray, query_words: str) -> np.ndarray:
        """Return those of the positions whose title begins with the query."""
        flags = pc.starts_with(self._titles.take(pa.array(positions)), query_words).to_numpy(zero_copy_only=False)
        chosen: np.ndarray = positions[flags.astype(bool)]
        return chosen

    def _matching(self, postings: Iterable[np.ndarray]) -> np.ndarray:
        """Return the positions that stand in the postings of every word, ascending."""
        mask = np.ones(self._n, dtype=bool)
        for each in postings:
            here = np.zeros_like(mask)
            here[each] = True
            mask &= here
        return np.flatnonzero(mask)

    def _whole_word(self, word: str) -> np.ndarray:
        """Return the postings of exactly this word."""
        place = self._place(word)
        known = place < len(self._index.words) and self._index.words[place] == word
        return self._slice(place, place + known)

    def _beginning(self, word: str) -> np.ndarray:
        """Return the postings of every word that begins so."""
        return self._slice(self._place(word), self._place(word + _LAST))

    def _inside(self, word: str) -> np.ndarray:
        """Return the postings of every word that contains this text."""
        return self._of_words(np.flatnonzero(pc.match_substring(self._words, word).to_numpy(zero_copy_only=False)))

    def _with_error(self, word: str) -> np.ndarray:
        """Return the postings of every word that begins so, or is one typing error away."""
        if len(word) < SHORTEST_WITH_ERROR:
            return self._beginning(word)
        return np.concatenate([self._beginning(word), self._of_words(self._words_with_error(word))])

    def _unfinished_with_error(self, word: str) -> np.ndarray:
        """Return the postings of the same words, and of those of which a beginning is one typing error away."""
        if len(word) < SHORTEST_WITH_ERROR:
            return self._beginning(word)
        return np.concatenate([self._with_error(word), self._of_words(self._beginnings_with_error(word))])

    def _words_with_error(self, word: str) -> np.ndarray:
        """Return the words that share the word, or the word without a letter, and are one error away indeed."""
        hashes = np.unique(hashes_of(without_a_letter(word)))
        first = np.searchsorted(self._index.error_hashes, hashes)
        last = np.searchsorted(self._index.error_hashes, hashes, side="right")
        among = np.unique(self._index.error_words[ranges(first, last)]).tolist()
        near = [place for place in among if OSA.distance(word, self._index.words[place], score_cutoff=1) <= 1]
        return np.array(near, dtype=np.int64)

    def _beginnings_with_error(self, word: str) -> np.ndarray:
        """Return the words with the same first letter whose first letters are one error away."""
        first, last = self._place(word[0]), self._place(word[0] + _LAST)
        words = self._words.slice(first, last - first)
        fits = np.zeros(last - first, dtype=bool)
        for length in (len(word) - 1, len(word), len(word) + 1):
            coded = pc.utf8_slice_codeunits(words, 0, length).dictionary_encode()
            beginnings = coded.dictionary.to_pylist()
            if beginnings:
                distances = cdist([word], beginnings, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)[0]
                fits |= (distances <= 1)[coded.indices.to_numpy(zero_copy_only=False)]
        return first + np.flatnonzero(fits)

    def _of_words(self, places: np.ndarray) -> np.ndarray:
        """Return the postings of several words."""
        found: np.ndarray = self._index.postings[ranges(self._index.starts[places], self._index.starts[places + 1])]
        return found

    def _slice(self, first: int, last: int) -> np.ndarray:
        return self._index.postings[self._index.starts[first] : self._index.starts[last]]

    def _place(self, word: str) -> int:
        """Return where a word stands among the sorted words, or would."""
        words = self._index.words
        return bisect_left(range(len(words)), word.encode(), key=words.raw)

    @cached_property
    def _words(self) -> pa.Array:
        return self._index.words.as_arrow()

    @cached_property
    def _titles(self) -> pa.Array:
        return self._index.titles.as_arrow()
