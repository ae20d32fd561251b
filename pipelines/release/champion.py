"""The champion: which bundle is served, and the bundle itself."""

from __future__ import annotations

from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.release.bundle import ModelBundle, read_bundle
from pipelines.release.moves import rollback, set_champion
from pipelines.release.states import Champion, bundle_path, read_releases

__all__ = ["Champion", "bundle_path", "champion_bundle", "read_champion", "rollback", "set_champion"]


def read_champion(home: Home) -> Champion | None:
    """Return the current champion, or None where nothing was ever promoted.

    Raises:
        ReleaseError: The state file is damaged.
    """
    releases = read_releases(home)
    return releases.champion if releases else None


def champion_bundle(home: Home) -> ModelBundle:
    """Read the bundle of the champion.

    Raises:
        ReleaseError: There is no champion.
        BundleError: Its bundle is missing or damaged.
    """
    champion = read_champion(home)
    if champion is None:
        raise ReleaseError(
            "there is no champion yet", where=str(home.root), remedy="Run 'crossfade train' and 'crossfade promote'"
        )
    return read_bundle(bundle_path(home, champion.bundle_id))
