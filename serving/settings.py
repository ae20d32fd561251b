"""Where the service finds its model: read from the environment once, at the entry point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST
from pipelines.release.champion import Champion, bundle_path, read_champion

#: The bundle that `crossfade build` copies into a Bento, beside the packages.
PACKED_BUNDLE = Path(__file__).resolve().parents[1] / "bundle"


@dataclass(frozen=True)
class ServingSettings:
    """What the service is told from outside.

    Attributes:
        home: The home folder whose champion is served.
        bundle: One fixed bundle to serve instead of the champion; None to follow the champion.
    """

    home: Home
    bundle: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, packed: Path = PACKED_BUNDLE) -> ServingSettings:
        """Read ``CROSSFADE_BUNDLE`` and ``CROSSFADE_HOME``.

        A fixed bundle comes before a home folder that is named, that before a bundle packed into a Bento, and last is
        the default home folder ``.crossfade``.
        """
        home = Home(Path(environment.get("CROSSFADE_HOME") or ".crossfade").resolve())
        if fixed := environment.get("CROSSFADE_BUNDLE"):
            return cls(home, Path(fixed).resolve())
        if not environment.get("CROSSFADE_HOME") and (packed / MANIFEST).is_file():
            return cls(home, packed)
        return cls(home)

    def champion(self) -> Champion | None:
        """Return the champion of the home folder, or None where a fixed bundle is served or nothing was promoted.

        Raises:
            ReleaseError: The pointer file is damaged.
        """
        return None if self.bundle is not None else read_champion(self.home)

    def bundle_folder(self) -> Path:
        """Return the folder of the bundle to serve.

        Raises:
            ReleaseError: There is no champion, or the pointer is damaged.
        """
        if self.bundle is not None:
            return self.bundle
        champion = self.champion()
        if champion is None:
            raise ReleaseError(
                "there is no champion to serve yet",
                where=str(self.home.root),
                remedy="Run 'make demo', or 'crossfade train' and 'crossfade promote'; the service finds it by itself",
            )
        return bundle_path(self.home, champion.bundle_id)
