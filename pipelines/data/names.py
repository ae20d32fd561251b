"""Titles and artists without what spelling, credits and reissues add, so that the same recording has the same name.

What is taken away:

- case, accents and apostrophes; every other sign that is no letter, digit or mark of a script is a blank; "&" is "and";
- guests: what follows "feat.", "featuring" or "ft." in a title or an artist;
- in a title, a part in brackets or behind a dash that only says in which edition the recording came out: "2011
  Remaster", "Deluxe Edition", "Bonus Track", "Album Version", "Explicit", "Original Mix";
- in an artist, the article: "The Beatles" and "Beatles, The" are "beatles".

A part is only taken away where each of its words is one of a short list. So whatever makes another recording of a song
stays in its name: live, acoustic, demo, remix, edit, mono, instrumental, a year by itself, "Taylor's Version". Two
recordings are rather left apart than joined by mistake.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import dropwhile, takewhile
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

#: Between artist and title in a key; no normalised text has one.
KEY_SEPARATOR: Final = "\t"

_ID_LENGTH = 20
#: The same songs come again in every batch of a source.
_REMEMBERED = 1 << 17
#: Brackets, and dashes and slashes with blanks around them, part a title.
_PARTING: Final = re.compile(r"[()\[\]{}]|\s[-\u2013\u2014/]\s")
#: "- 2012 - Remaster" is one part.
_PARTED_EDITION: Final = re.compile(r"(?<=\s-\s)([0-9]{4})\s-\s(?=(?:[Dd]igital )?[Rr]emaster)")
#: Whether any of the three patterns can find anything: most titles are one part, and are not looked at thrice.
_PARTED: Final = re.compile(r"[()\[\]{}]|\s[-\u2013\u2014/]\s|[Tt]\.\s")
#: "ft" without a dot is a guest's only where a bracket opens: tracks can be "10 ft tall".
_GUEST_SHORT: Final = re.compile(r"\b[Ff][Tt]\.(?=\s)|(?<=[(\[])[Ff][Tt](?=\s)")
_GUEST_WORDS: Final = frozenset({"feat", "featuring"})
_ARTICLE_BEHIND: Final = re.compile(r",\s*the\s*$", re.IGNORECASE)

#: A part of a title made of the words of both lists, with one of the first at least, names an edition.
_EDITION: Final = frozenset(
    {"remaster", "remastered", "remastering", "deluxe", "expanded", "anniversary", "bonus", "album", "lp", "explicit"}
)
_BESIDE_EDITION: Final = frozenset(
    {"version", "edition", "track", "digital", "digitally", "original", "special", "super", "the", "in", "bit"}
)
_NUMBER: Final = re.compile(r"[0-9]{2,4}|[0-9]{1,2}(?:st|nd|rd|th)")
_ORIGINAL_MIX: Final = ["original", "mix"]

#: Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN_LETTERS: Final = {
    "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i",
}  # fmt: skip
_ACCENTS: Final = range(0x300, 0x370)
_APOSTROPHES: Final = "'`\u00b4\u2018\u2019\u02bc\uff07"


class _Signs(dict[int, str | None]):
    """What becomes of a character: itself, another text or nothing; a blank for what is no letter, digit or mark.

    Marks of scripts that write vowels with them stay: without them different words would be one.
    """

    def __missing__(self, code: int) -> str | None:
        kept = unicodedata.category(chr(code))[0] in {"L", "N", "M"}
        self[code] = None if code in _ACCENTS else chr(code) if kept else " "
        return self[code]


_SIGNS: Final = _Signs(
    {ord(letter): plain for letter, plain in _PLAIN_LETTERS.items()}
    | {ord(sign): None for sign in _APOSTROPHES}
    | {ord("&"): " and "}
)


@lru_cache(_REMEMBERED)
def normalise_title(title: str) -> str:
    """Return a title without case, accents, guests and editions; "" only for a blank one."""
    first, *others = (_words(part) for part in _parts(title))
    kept = [word for part in others if not _is_edition_or_guests(part) for word in _before_guests(part)]
    # A title that stands wholly in such a part ("(Deluxe)") is its name.
    words = _before_guests(first) + kept or [word for part in others for word in part]
    return " ".join(_before_guests(words)) or _signs_alone(title)


@lru_cache(_REMEMBERED)
def normalise_artist(artist: str) -> str:
    """Return the name of the main artist of a credit without case, accents, article and guests."""
    words = _before_guests(_words(_ARTICLE_BEHIND.sub("", _GUEST_SHORT.sub("feat", artist))))
    name = list(dropwhile(lambda word: word == "the", words)) or words[:1]
    return " ".join(name) or _signs_alone(artist)


def name_key(artist: str, title: str) -> str:
    """Return the text two recordings share when they have the same name: normalised artist, tab, normalised title."""
    return normalise_artist(artist) + KEY_SEPARATOR + normalise_title(title)


def named_track_id(source: str, artist: str, title: str) -> str:
    """Return the id of a track that a source knows by its name only: the source and a hash of the name."""
    return f"{source}:{_hashed(name_key(artist, title))}"


def normalise_titles(titles: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return ``normalise_title`` of each text, null where there is none."""
    return _mapped(titles, normalise_title)


def normalise_artists(artists: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return ``normalise_artist`` of each text, null where there is none."""
    return _mapped(artists, normalise_artist)


def name_keys(artists: pa.Array | pa.ChunkedArray, titles: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return ``name_key`` of each pair, null where artist or title is."""
    return pc.binary_join_element_wise(normalise_artists(artists), normalise_titles(titles), KEY_SEPARATOR)


def named_track_ids(source: str, artists: pa.Array | pa.ChunkedArray, titles: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return ``named_track_id`` of each pair, null where artist or title is."""
    return pc.binary_join_element_wise(source, _mapped(name_keys(artists, titles), _hashed), ":")


def _parts(title: str) -> list[str]:
    """Return what stands before the first bracket or dash, which is never an edition, and the parts behind it."""
    if not _PARTED.search(title):
        return [title]
    return _PARTING.split(_PARTED_EDITION.sub(r"\1 ", _GUEST_SHORT.sub("feat", title)))


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents and apostrophes."""
    if text.isascii():
        return text.lower().translate(_SIGNS).split()
    # Folding the case can bring signs that are taken apart again ("ΐ"), so that is done on both sides of it.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", folded.translate(_SIGNS)).split()


def _before_guests(words: list[str]) -> list[str]:
    """Return what stands before "feat."; all of it where nothing does."""
    if _GUEST_WORDS.isdisjoint(words):
        return words
    return [*words[:1], *takewhile(lambda word: word not in _GUEST_WORDS, words[1:])]


def _is_edition_or_guests(part: list[str]) -> bool:
    if not part:
        return True
    if part[0] in _GUEST_WORDS or part == _ORIGINAL_MIX:
        return True
    return not _EDITION.isdisjoint(part) and all(
        word in _EDITION or word in _BESIDE_EDITION or _NUMBER.fullmatch(word) for word in part
    )


def _signs_alone(text: str) -> str:
    """Return what is left of a name without any letter or digit ("!!!"), so that such names differ."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _hashed(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:_ID_LENGTH]


def _mapped(texts: pa.Array | pa.ChunkedArray, function: Callable[[str], str]) -> pa.Array:
    """Return a function of each text; texts that stand often are looked at once."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    coded = whole.cast(pa.string()).dictionary_encode()
    found = pa.array([function(text) for text in coded.dictionary.to_pylist()], pa.string())
    return found.take(coded.indices)
