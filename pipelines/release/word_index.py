"""The words of titles and artists as flat arrays, written into a bundle: what ``serving.search`` looks up.

An inverted index: sorted words, and for each word the tracks it stands in, most popular first. Words with a common
beginning are neighbours, so what a person has typed so far is one slice of the postings. Beside it, every word with one
letter left out, hashed: two words one typing error apart share one of these (SymSpell, Garbe 2012).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.texts import Texts

#: In words shorter than this an error is not looked for: too many other words are one letter away.
SHORTEST_WITH_ERROR: Final = 4

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


def without_a_letter(word: str) -> Iterator[str]:
    """Yield the word, and the word without each of its letters: what it shares with words one error away."""
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]


def hashes_of(texts: Iterable[str]) -> np.ndarray:
    """Return a 32-bit hash of each text."""
    return np.array([crc32(text.encode("utf-8", "surrogatepass")) for text in texts], dtype=np.uint32)


@dataclass(frozen=True)
class WordIndex:
    """An inverted index over a catalogue; positions count from the most popular track.

    Attributes:
        words: All words, sorted by their UTF-8 bytes.
        starts: The postings of word ``i`` are ``postings[starts[i]:starts[i + 1]]``, int64.
        postings: Positions of the tracks a word stands in, ascending within a word, int32.
        titles: Each title's words, joined by blanks, by position.
        title_hashes: The hash of each title, sorted.
        title_order: The position of each of ``title_hashes``, ascending where hashes are equal.
        error_hashes: The hashes of ``without_a_letter`` of every word long enough, sorted.
        error_words: The word of each of ``error_hashes``.
    """

    words: Texts
    starts: np.ndarray
    postings: np.ndarray
    titles: Texts
    title_hashes: np.ndarray
    title_order: np.ndarray
    error_hashes: np.ndarray
    error_words: np.ndarray

    @classmethod
    def build(cls, catalogue: TrackCatalogue, by_popularity: np.ndarray) -> WordIndex:
        """Index every track's title (its id where it has none) and artists.

        Args:
            catalogue: One row a track.
            by_popularity: Track indices, most popular first; equally good matches come in this order.
        """
        shown = catalogue.data.select([c.TRACK_ID, c.TITLE, c.ARTISTS]).take(pa.array(by_popularity))
        ids, titles, artists = (column.to_pylist() for column in shown.columns)
        title_words = [words_of(title or track_id) for track_id, title in zip(ids, titles, strict=True)]
        artist_words = [words_of(" ".join(name for name in names or () if name)) for names in artists]
        words, starts, postings = _invert([t + a for t, a in zip(title_words, artist_words, strict=True)])
        joined = [" ".join(each) for each in title_words]
        title_hashes = hashes_of(joined)
        title_order = np.argsort(title_hashes, kind="stable").astype(np.int32)
        return cls(
            Texts.of(words),
            starts,
            postings,
            Texts.of(joined),
            title_hashes[title_order],
            title_order,
            *_errors(words),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what is stored, by the names it is stored under."""
        plain = {name: getattr(self, name) for name in _PLAIN_ARRAYS}
        return plain | self.words.arrays("words") | self.titles.arrays("titles")

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray]) -> WordIndex:
        """Take over stored arrays without copying."""
        plain = {name: arrays[name] for name in _PLAIN_ARRAYS}
        return cls(words=Texts.load(arrays, "words"), titles=Texts.load(arrays, "titles"), **plain)


_PLAIN_ARRAYS = ("starts", "postings", "title_hashes", "title_order", "error_hashes", "error_words")


def _invert(every: Sequence[Sequence[str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the sorted words, where each word's postings start, and the postings, of one list of words a position."""
    coded = pa.array(chain.from_iterable(every), type=pa.string()).dictionary_encode()
    order = pc.sort_indices(coded.dictionary).to_numpy()
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    codes = place[coded.indices.to_numpy(zero_copy_only=False)]
    positions = np.repeat(np.arange(len(every)), [len(words) for words in every])
    pairs = np.unique(codes * len(every) + positions)
    starts = np.searchsorted(pairs, np.arange(len(order) + 1) * len(every)).astype(np.int64)
    postings = (pairs % max(1, len(every))).astype(np.int32)
    return coded.dictionary.take(pa.array(order)).to_pylist(), starts, postings


def _errors(words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted hashes of all long enough words without a letter, and the word of each."""
    hashes: list[np.ndarray] = [np.empty(0, np.uint32)]
    owners: list[np.ndarray] = [np.empty(0, np.int32)]
    for place, word in enumerate(words):
        if len(word) >= SHORTEST_WITH_ERROR - 1:  # a longer query may have one letter too many
            found = hashes_of(without_a_letter(word))
            hashes.append(found)
            owners.append(np.full(len(found), place, np.int32))
    every, whose = np.concatenate(hashes), np.concatenate(owners)
    order = np.argsort(every, kind="stable")
    return every[order], whose[order]
