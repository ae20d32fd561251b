"""The release in an object store: the bundles in use, then ``champion.json``, which names them.

That file is the truth in a home folder and it is what is published, in the same form, after the bundles it names are
there whole. Its move says which of two states is the later one: neither a bucket nor a home that follows it ever goes
back to an earlier one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from typing import Final

from pipelines.atomic import write_text
from pipelines.errors import RemoteError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.bundle import MANIFEST
from pipelines.release.checksums import stamp
from pipelines.release.states import Releases, Role, bundle_path, read_releases, releases_from
from pipelines.remote.folders import PULLED, Pushed, files_of, is_whole, pull_folder, push_folder
from pipelines.remote.store import Remote

BUNDLES: Final = "bundles"
POINTER: Final = "champion.json"
#: The states whose models answer.
ANSWERING: Final[frozenset[Role]] = frozenset({"champion", "canary", "shadow"})
#: And the one that a rollback goes back to.
READY: Final[frozenset[Role]] = ANSWERING | {"previous"}
_PATIENCE_SECONDS: Final = 30.0
_UPLOAD_PATIENCE_SECONDS: Final = 600.0
#: An object that is replaced while it is read may come cut off.
_LOOKS: Final = 3


def publish_release(home: Home, remote: Remote, *, anew: bool = False) -> Pushed | None:
    """Publish the state of the release with its bundles, and return what that took; None where there is none.

    Run again after it was cut off, it goes on where it stopped; where all is there it only looks.

    Raises:
        RemoteError: The bucket names a later state, a file was changed, or the store does not answer or refuses.
        ReleaseError: The state file is damaged.
    """
    with only_one(home.bundles, patience=_UPLOAD_PATIENCE_SECONDS):
        releases = read_releases(home)
        if releases is None:
            return None
        _require_later(releases, published_release(remote), remote)
        folders = {bundle_path(home, bundle_id) for bundle_id in releases.in_use().values()}
        previous = bundle_path(home, releases.champion.previous or "-")
        if not previous.is_dir():  # no harm: it is only gone back to by hand
            folders.discard(previous)
        pushed = [push_folder(remote, BUNDLES, folder, anew=anew) for folder in sorted(folders)]
        theirs = published_release(remote)
        _require_later(releases, theirs, remote)
        if theirs != releases:
            remote.write(POINTER, json.dumps(releases.to_json(), indent=2).encode())
        return Pushed(sum(each.carried for each in pushed), sum(each.kept for each in pushed))


def pull_release(home: Home, remote: Remote, roles: Collection[Role] = READY) -> Releases | None:
    """Let a home follow the bucket: fetch the bundles that are missing, then take the state that names them.

    A home whose own state is the later one keeps it. Bundles that came from a bucket go when no state names them.

    Args:
        home: The home folder.
        remote: Where from.
        roles: The states whose bundles are fetched.

    Returns:
        The state of the home afterwards; None where nothing was ever published.

    Raises:
        RemoteError: Something is missing or damaged there, or the store does not answer or refuses.
        CrossfadeError: Another process is fetching or making a move.
    """
    theirs = published_release(remote)
    if theirs is None:
        return None
    if _is_there(home, theirs, roles):
        return read_releases(home)
    # The lock of whoever moves the release, which also keeps 'doctor --mend' from what is half fetched.
    with only_one(home.releases, patience=_PATIENCE_SECONDS):
        if not _is_there(home, theirs, roles):
            needed = _wanted(theirs, ANSWERING)
            for bundle_id in _wanted(theirs, roles):
                # The one before may be gone where it was made: then it was not published, and nobody waits for it.
                if bundle_id in needed or is_whole(remote, BUNDLES, bundle_id):
                    _fetch(home, remote, bundle_id)
            if _order(read_releases(home)) < _order(theirs):
                write_text(home.champion, json.dumps(theirs.to_json(), indent=2))
                _clear_up(home, theirs)
    return read_releases(home)


def published_release(remote: Remote) -> Releases | None:
    """Return the state that is published; None where none is.

    Raises:
        RemoteError: It is damaged, or the store does not answer or refuses.
    """
    problem: Exception | None = None
    for _ in range(_LOOKS):
        found = remote.read(POINTER)
        if found is None:
            return None
        try:
            return releases_from(json.loads(found))
        except (ValueError, TypeError, KeyError) as error:
            problem = error
    raise RemoteError(
        f"the published state of the release cannot be read ({problem})",
        where=remote.at(POINTER),
        remedy="Remove that object, then run 'crossfade push' where models are promoted",
    ) from problem


def is_published(home: Home, remote: Remote) -> bool:
    """Return whether the bucket names what this home serves.

    Raises:
        CrossfadeError: One of the two cannot be read.
    """
    return published_release(remote) == read_releases(home)


def _is_there(home: Home, theirs: Releases, roles: Collection[Role]) -> bool:
    ours = read_releases(home)
    if _order(ours) > _order(theirs):
        return True
    missing = any(not (bundle_path(home, name) / MANIFEST).is_file() for name in _wanted(theirs, roles))
    return _order(ours) == _order(theirs) and not missing


def _wanted(releases: Releases, roles: Collection[Role]) -> list[str]:
    return sorted({bundle_id for role, bundle_id in releases.in_use().items() if role in roles})


def _fetch(home: Home, remote: Remote, bundle_id: str) -> None:
    if (bundle_path(home, bundle_id) / MANIFEST).is_file():
        return
    path = pull_folder(remote, BUNDLES, bundle_id, home.bundles)
    # Every file has been hashed on its way: opening it need not do so again.
    stamp(path, files_of((path / MANIFEST).read_bytes(), str(path)))


def _clear_up(home: Home, releases: Releases) -> None:
    """Remove bundles that came from a bucket and are in no state; who has one open keeps it until it is closed."""
    kept = set(releases.in_use().values())
    for marker in home.bundles.glob(f"[!.]*/{PULLED}"):
        if marker.parent.name not in kept:
            shutil.rmtree(marker.parent, ignore_errors=True)


def _require_later(ours: Releases, theirs: Releases | None, remote: Remote) -> None:
    if theirs is not None and theirs != ours and _order(theirs) >= _order(ours):
        at = theirs.event.at if theirs.event else theirs.champion.since
        raise RemoteError(
            f"it names a state of {at}, which is no earlier than this home's: another home publishes there",
            where=remote.at(POINTER),
            remedy="Let one home publish to one prefix, or run 'crossfade pull' first and promote again",
        )


def _order(releases: Releases | None) -> tuple[int, str]:
    """Return what tells which of two states is the later one."""
    if releases is None:
        return -1, ""
    return (releases.event.step, releases.event.at) if releases.event else (0, releases.champion.since)
