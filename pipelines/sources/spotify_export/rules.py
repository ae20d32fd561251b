"""Plays become interactions: every rule, in one place.

What becomes of a play of the history is said by the first line that fits:

==================================  ==========================================================================
it was in a private session         left out
it is a podcast or an audiobook     left out
it names no track                   left out
it says no time                     left out
it stands in another file as well   left out (see below)
it lasted less than 1 s             left out: nobody heard anything
it lasted 30 s or longer            ``play``, as Spotify counts; leaving a track later is no judgement
shorter, but to the track's end     ``play``
shorter, and skipped                ``skip``: ``skipped`` is true, or it ended with the forward button
shorter, and ended otherwise        left out: stopping the music says nothing about the track
==================================  ==========================================================================

The value of a row is the milliseconds played. A length that cannot be (a text, a negative number) leaves the row a
``play`` as it stands: cleaning rejects it, or the gate sets it aside, with its reason.

The basic format knows neither private sessions nor why a play ended, so what is shorter than 30 s is left out. It has
no ids and tells the end of a play to the minute: a basic play stands in another file as well where the extended
history of the same export has a play of a track of that name (see ``pipelines.data.names``) which ended in the same
minute, whatever became of that one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.data.parsing import parse_column

PRIVATE: Final = "a private session"
PODCAST: Final = "a podcast episode"
AUDIOBOOK: Final = "an audiobook"
NO_TRACK: Final = "names no track"
NO_TIME: Final = "says no time"
REPEATED: Final = "a play the extended history has"
UNHEARD: Final = "played for less than a second"
STOPPED: Final = "stopped within 30 seconds"
NO_RECORD: Final = "no record of anything"

_HEARD_FROM_MS: Final = 1_000
_COUNTS_FROM_MS: Final = 30_000


@dataclass(frozen=True)
class Plays:
    """Plays of either format, column by column; every column has one element for each play.

    Attributes:
        at: When it ended, as a time, or as text where one of them is no time.
        length: The milliseconds played, as a number, or as text where one of them is no number.
        track_id: The track; null where none is named. Each stands once or twice in the dictionary.
        title: Its title.
        artist: Its artist.
        album: Its album.
        is_podcast: Whether it is an episode.
        is_audiobook: Whether it is a chapter of a book.
        is_private: Whether it was in a private session.
        is_repeated: Whether it stands in another file as well.
        is_whole: Whether the track came to its end.
        is_skipped: Whether the listener went on to another one.
    """

    at: pa.Array
    length: pa.Array
    track_id: pa.DictionaryArray
    title: pa.Array
    artist: pa.Array
    album: pa.Array
    is_podcast: np.ndarray
    is_audiobook: np.ndarray
    is_private: np.ndarray
    is_repeated: np.ndarray
    is_whole: np.ndarray
    is_skipped: np.ndarray


@dataclass(frozen=True)
class Judged:
    """What became of plays.

    Attributes:
        kept: Whether a play is an interaction.
        kinds: The kinds of those that are.
        left_out: How many are not, by reason.
    """

    kept: np.ndarray
    kinds: pa.Array
    left_out: Counter[str]

    def kept_of(self, plays: Plays) -> Plays:
        """Return the plays that are interactions."""
        kept = pa.array(self.kept)
        columns = {each.name: getattr(plays, each.name) for each in fields(plays)}
        return Plays(
            **{
                name: values[self.kept] if isinstance(values, np.ndarray) else values.filter(kept)
                for name, values in columns.items()
            }
        )


def judge(plays: Plays) -> Judged:
    """Apply the rules."""
    length = parse_column(plays.length, pa.float64()).values.to_numpy(zero_copy_only=False)
    possible = length >= 0
    rules = (
        (plays.is_private, PRIVATE),
        (plays.is_podcast, PODCAST),
        (plays.is_audiobook, AUDIOBOOK),
        (_missing(plays.track_id), NO_TRACK),
        (_missing(plays.at), NO_TIME),
        (plays.is_repeated, REPEATED),
        (possible & (length < _HEARD_FROM_MS), UNHEARD),
        (~(possible & (length < _COUNTS_FROM_MS)), c.PLAY),
        (plays.is_whole, c.PLAY),
        (plays.is_skipped, c.SKIP),
    )
    outcomes = [outcome for _, outcome in rules] + [STOPPED]
    first = np.select([applies for applies, _ in rules], np.arange(len(rules)), len(rules))
    kept = np.isin(first, [place for place, outcome in enumerate(outcomes) if outcome in c.KINDS])
    numbers = np.bincount(first[~kept], minlength=len(outcomes)).tolist()
    return Judged(
        kept=kept,
        kinds=pa.DictionaryArray.from_arrays(pa.array(first[kept], pa.int32()), pa.array(outcomes)),
        left_out=Counter({outcome: n for outcome, n in zip(outcomes, numbers, strict=True) if n}),
    )


def _missing(values: pa.Array) -> np.ndarray:
    return np.asarray(values.is_null().to_numpy(zero_copy_only=False), dtype=bool)
