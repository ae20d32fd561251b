"""What an archive may unpack to before it is taken for an attack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import SourceError

#: Up to here nothing is asked about the ratio: a small member harms nobody, and a few short rows pack very well.
_RATIO_FREE_BYTES = 16 << 20


@dataclass(frozen=True)
class Limits:
    """Limits of one archive.

    Attributes:
        members: How many members it may hold. A person's export has tens, a dump some thousands.
        total_bytes: What all of them may unpack to. Twenty million plays in Spotify's longest form are 16 GB.
        ratio: How many times its packed size a member may unpack to. Listening records as JSON reach 15 to 50,
            what deflate can do at most is 1032, and a bomb is built of that.
    """

    members: int = 100_000
    total_bytes: int = 64 << 30
    ratio: int = 200

    def check_members(self, count: int, where: Path) -> None:
        """Refuse too many members.

        Raises:
            SourceError: There are more than the limit.
        """
        if count > self.members:
            raise _bomb(f"it holds more than {self.members:,} files", where)

    def check_bytes(self, unpacked: int, where: Path) -> None:
        """Refuse too many bytes.

        Raises:
            SourceError: There are more than the limit.
        """
        if unpacked > self.total_bytes:
            raise _bomb(f"it unpacks to more than {self.total_bytes:,} bytes", where)

    def check_ratio(self, unpacked: int, packed: int, where: Path) -> None:
        """Refuse what unpacks to too many times its size.

        Raises:
            SourceError: It does.
        """
        if unpacked > _RATIO_FREE_BYTES and unpacked > packed * self.ratio:
            raise _bomb(f"it unpacks to more than {self.ratio:,} times its size", where)


def _bomb(what: str, where: Path) -> SourceError:
    return SourceError(
        f"{what}, which no honest archive of listening records does", where=str(where), remedy="Fetch the archive again"
    )
