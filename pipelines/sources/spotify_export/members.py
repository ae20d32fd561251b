"""Which file of an export holds what, told by its name."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Part(StrEnum):
    """What a file of an export holds."""

    EXTENDED = "the extended streaming history"
    BASIC = "the streaming history of the last year"
    PLAYLISTS = "playlists"
    LIBRARY = "the library"


_NAMES: Final = {
    # Streaming_History_Audio_2014-2016_0.json, Streaming_History_Video_2019.json; until 2023 endsong_0.json
    Part.EXTENDED: re.compile(r"(streaming_history_(audio|video)|endsong|endvideo)(_.*)?\.json"),
    # StreamingHistory0.json; since 2024 StreamingHistory_music_0.json, ..._podcast_0.json, ..._audiobook_0.json
    Part.BASIC: re.compile(r"streaminghistory(_?(music|podcast|audiobook|video)_?)?[0-9]*( ?\([0-9]+\))?\.json"),
    Part.PLAYLISTS: re.compile(r"playlist[0-9]*( ?\([0-9]+\))?\.json"),
    Part.LIBRARY: re.compile(r"yourlibrary[0-9]*( ?\([0-9]+\))?\.json"),
}


def part_of(name: str) -> Part | None:
    """Return what a file holds; None where it is not about listening, and is not opened.

    Args:
        name: Its path in the export.
    """
    file = name.rsplit("/", 1)[-1].lower()
    return next((part for part, pattern in _NAMES.items() if pattern.fullmatch(file)), None)
