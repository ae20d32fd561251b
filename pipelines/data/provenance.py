"""Where rows come from and what their source's terms let them be used for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final


class Use(StrEnum):
    """A permitted use of a row; each one includes those before it, because a model shows what it learned from."""

    DISPLAY = "display"
    SEED = "seed"
    TRAIN = "train"


ALL_USES = frozenset(Use)


def uses_up_to(use: Use) -> frozenset[Use]:
    """Return a use with those it includes."""
    ordered = tuple(Use)
    return frozenset(ordered[: ordered.index(use) + 1])


SPOTIFY_API: Final = "spotify-api"
#: Sources whose rows come out of the Spotify Web API, by whatever way; they train a model only where the owner of the
#: installation has decided so.
FROM_SPOTIFY_API: Final = frozenset({SPOTIFY_API, "exportify"})


@dataclass(frozen=True)
class Provenance:
    """The origin of one source's rows.

    Attributes:
        source: The name rows carry in their ``source`` column.
        origin: Where the data comes from, in words or as an address.
        licence: The licence or the terms it is used under.
        uses: What the rows may be used for; the trainer reads only rows with ``train``.
        checksum: SHA-256 of the file that was read, where there is one.
    """

    source: str
    origin: str
    licence: str
    uses: frozenset[Use] = field(default=ALL_USES)
    checksum: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form with the uses sorted."""
        return {**asdict(self), "uses": sorted(self.uses)}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Provenance:
        """Read what ``to_json`` wrote."""
        return cls(**{**raw, "uses": frozenset(Use(use) for use in raw["uses"])})


def permitting_sources(
    provenance: Iterable[Provenance], use: Use, *, train_on_spotify_api: bool = False
) -> tuple[str, ...]:
    """Return the names of the sources whose terms permit a use, sorted.

    Args:
        provenance: One entry or more a source; where a source has several, all of them must permit the use.
        use: What the rows are wanted for.
        train_on_spotify_api: The owner's decision that rows of the Spotify Web API train as well.
    """
    permits: dict[str, bool] = {}
    for entry in provenance:
        decided = train_on_spotify_api and use is Use.TRAIN and entry.source in FROM_SPOTIFY_API
        permits[entry.source] = permits.get(entry.source, True) and (use in entry.uses or decided)
    return tuple(sorted(source for source, permitted in permits.items() if permitted))
