"""The snapshot to train on, in an object store: the folder first, then the line that names it."""

from __future__ import annotations

from typing import Final

from pipelines.atomic import write_text
from pipelines.data.succession import present_name
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.remote.folders import Pushed, pull_folder, push_folder, require_name
from pipelines.remote.store import Remote

SNAPSHOTS: Final = "snapshots"
LATEST: Final = f"{SNAPSHOTS}/LATEST"
_PATIENCE_SECONDS: Final = 600.0


def publish_snapshot(home: Home, remote: Remote, *, anew: bool = False) -> Pushed | None:
    """Publish the snapshot that was ingested last, and return what that took; None where nothing was ingested.

    Raises:
        RemoteError: A file was changed, or the store does not answer or refuses.
        CrossfadeError: Another process is publishing it.
    """
    if not home.latest_snapshot.is_file():
        return None
    with only_one(home.snapshots, patience=_PATIENCE_SECONDS):
        name = present_name(home.snapshots, home.latest_snapshot.read_text(encoding="utf-8").strip())
        pushed = push_folder(remote, SNAPSHOTS, home.snapshots / name, anew=anew)
        if published_snapshot(remote) != name:
            remote.write(LATEST, f"{name}\n".encode())
    return pushed


def pull_snapshot(home: Home, remote: Remote) -> str | None:
    """Fetch the snapshot that was published last, make it the one to train on, and return its id; None for none.

    Raises:
        RemoteError: It is damaged, or the store does not answer or refuses.
        CrossfadeError: An ingestion is going on here.
    """
    name = published_snapshot(remote)
    if name is None:
        return None
    # Whoever writes snapshots here holds this lock.
    with only_one(home.root, patience=_PATIENCE_SECONDS):
        pull_folder(remote, SNAPSHOTS, name, home.snapshots)
        write_text(home.latest_snapshot, f"{name}\n")
    return name


def published_snapshot(remote: Remote) -> str | None:
    """Return the id of the snapshot that was published last; None where none was.

    Raises:
        RemoteError: The line is not the name of a snapshot, or the store does not answer or refuses.
    """
    found = remote.read(LATEST)
    if found is None:
        return None
    name = found.decode(errors="replace").strip()
    require_name(name, remote.at(LATEST))
    return name
