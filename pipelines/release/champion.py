"""The champion pointer: which bundle is served, and which one was before it; replaced in one step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.atomic import write_text
from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST, ModelBundle, read_bundle


@dataclass(frozen=True)
class Champion:
    """The state of the release.

    Attributes:
        bundle_id: The bundle being served.
        previous: The bundle served before it; None for the first champion.
        since: When it became champion (ISO 8601, UTC).
        reason: Why, in a sentence.
    """

    bundle_id: str
    previous: str | None
    since: str
    reason: str


def read_champion(home: Home) -> Champion | None:
    """Return the current champion, or None where nothing was ever promoted.

    Raises:
        ReleaseError: The pointer file is damaged.
    """
    try:
        return Champion(**json.loads(home.champion.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ReleaseError(
            f"the champion pointer cannot be read ({error})", where=str(home.champion), remedy="Promote again"
        ) from error


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


def bundle_path(home: Home, bundle_id: str) -> Path:
    """Return the folder of a bundle."""
    return home.bundles / bundle_id


def set_champion(home: Home, bundle_id: str, reason: str) -> Champion:
    """Make a bundle the champion; the one before stays ready for ``rollback``.

    Making the champion champion again changes nothing, so a flow that was killed half-way can be run again.

    Raises:
        ReleaseError: There is no such bundle.
    """
    if not (bundle_path(home, bundle_id) / MANIFEST).is_file():
        raise ReleaseError(f"there is no bundle '{bundle_id}'", where=str(home.bundles), remedy="Train first")
    current = read_champion(home)
    if current is not None and current.bundle_id == bundle_id:
        return current
    return _write(home, bundle_id, current.bundle_id if current else None, reason)


def rollback(home: Home, reason: str = "rolled back by hand") -> Champion:
    """Serve the previous champion again; the one rolled back becomes the previous one.

    Raises:
        ReleaseError: There is no previous champion.
    """
    current = read_champion(home)
    if current is None or current.previous is None:
        raise ReleaseError(
            "there is no previous champion to go back to", where=str(home.root), remedy="Promote a model instead"
        )
    if not (bundle_path(home, current.previous) / MANIFEST).is_file():
        raise ReleaseError(f"the previous bundle '{current.previous}' is gone", where=str(home.bundles))
    return _write(home, current.previous, current.bundle_id, reason)


def _write(home: Home, bundle_id: str, previous: str | None, reason: str) -> Champion:
    champion = Champion(bundle_id, previous, datetime.now(UTC).isoformat(timespec="seconds"), reason)
    write_text(home.champion, json.dumps(asdict(champion), indent=2))
    return champion
