"""Invented names of artists, tracks and playlists: words put together, each combination at most once."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

Pattern = Sequence[Sequence[str]]

_WORDS = {
    name: words.split()
    for name, words in tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8")).items()
}
_ADJECTIVES, _NOUNS, _DOING, _PLACES = (_WORDS[name] for name in ("adjectives", "nouns", "doing", "places"))
_GIVEN, _FAMILY, _ENSEMBLES = (_WORDS[name] for name in ("given", "family", "ensembles"))

ARTISTS: tuple[Pattern, ...] = (
    (["The"], _ADJECTIVES, [f"{noun}s" for noun in _NOUNS if not noun.endswith("s")]),
    (_GIVEN, _FAMILY),
    (_ADJECTIVES, _NOUNS),
    (_NOUNS, ["and the"], _NOUNS),
    (_GIVEN, _FAMILY, _ENSEMBLES),
    (_GIVEN, _FAMILY, ["and the"], _ADJECTIVES, _NOUNS),
)
TITLES: tuple[Pattern, ...] = (
    (_NOUNS,),
    (_ADJECTIVES, _NOUNS),
    (_DOING, ["the"], _NOUNS),
    (_NOUNS, ["in"], _PLACES),
    (_DOING, ["the"], _ADJECTIVES, _NOUNS),
    (_DOING, ["the"], _ADJECTIVES, _NOUNS, ["in"], _PLACES),
)


def pick_names(patterns: Sequence[Pattern], count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` distinct names in random order, as evenly from the patterns as these can give.

    Args:
        patterns: Word lists to be joined by blanks; no two patterns may give the same name.
        count: How many names; at most as many as the patterns hold.
        rng: Where chance comes from.
    """
    sizes = [math.prod(len(words) for words in pattern) for pattern in patterns]
    names: list[str] = []
    # The smallest first: what they cannot give, the larger ones do.
    order = sorted(range(len(patterns)), key=sizes.__getitem__)
    for done, index in enumerate(order):
        share = min(sizes[index], math.ceil((count - len(names)) / (len(patterns) - done)))
        numbers = rng.choice(sizes[index], share, replace=False)
        names.extend(_combination(patterns[index], int(number)) for number in numbers)
    return rng.permutation(np.array(names, dtype=object))


def _combination(pattern: Pattern, number: int) -> str:
    """Return one of the names a pattern can give: the number's digits choose the words."""
    chosen = []
    for words in reversed(pattern):
        number, digit = divmod(number, len(words))
        chosen.append(words[digit])
    return " ".join(reversed(chosen))
