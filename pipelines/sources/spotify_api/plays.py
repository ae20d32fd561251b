"""Recent plays: Spotify shows the last fifty, so they are gathered from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipelines.sources.spotify_api.client import PAGE, SpotifyClient
from pipelines.sources.spotify_api.entries import list_entry
from pipelines.sources.spotify_api.kept import Kept

#: How far before the last known play Spotify is asked again: plays made offline arrive late.
OVERLAP_MS: Final = 86_400_000
_MOST_PAGES: Final = 20


@dataclass(frozen=True)
class Gathered:
    """What a look at the recent plays gave.

    Attributes:
        count: How many plays Spotify showed.
        oldest: The time of the oldest of them, in milliseconds since 1970.
        known: The newest play that was known before, likewise.
    """

    count: int
    oldest: int | None
    known: int | None

    @property
    def may_have_a_gap(self) -> bool:
        """Whether plays may lie between those known and those shown: a full page that does not reach back."""
        return self.known is not None and self.oldest is not None and self.oldest > self.known and self.count >= PAGE


def gather_plays(client: SpotifyClient, kept: Kept) -> Gathered:
    """Keep the plays since the last known one, or all Spotify shows where none is known.

    Raises:
        AccessError: Spotify refused.
    """
    known = max((time for play in kept.plays() if (time := _milliseconds(play["at"])) is not None), default=None)
    after, before = (None if known is None else known - OVERLAP_MS), None
    count, times = 0, list[int]()
    for _ in range(_MOST_PAGES):
        answer = client.recently_played(after=after, before=before)
        plays = [list_entry(item, when="played_at") for item in answer["items"]]
        kept.put_plays({(str(play["at"]), _id_of(play)): play for play in plays})
        page_times = [time for play in plays if (time := _milliseconds(play["at"])) is not None]
        count, times = count + len(plays), times + page_times
        if not answer.get("next") or not page_times:
            break
        after, before = (None, min(page_times)) if after is None else (max(page_times), None)
    return Gathered(count, min(times, default=None), known)


def _id_of(play: dict[str, Any]) -> str:
    return str(play.get("track", {}).get("id") or play.get("left_out") or "")


def _milliseconds(text: Any) -> int | None:
    """Return a time of Spotify's in milliseconds since 1970, None where it is not one."""
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
