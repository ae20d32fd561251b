"""Lists for everybody in an object store, as they are on disk: shards to be read in place, the manifest last.

    lists/<run>/part-00000.parquet
    lists/<run>/_records/part-00000.json    what the shard is; there only when that is
    lists/<run>/_manifest.json              there only when all of them are
    lists/LATEST                            the run that was finished last

Shards keep their names, which do not tell their content: forgetting somebody changes one. So a record goes before its
shard is written over and comes after it, and a shard is right if its record is.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any, Final

from pipelines.data.hashing import hash_file
from pipelines.errors import RemoteError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.shards import LATEST, MANIFEST, RECORDS, latest_run
from pipelines.remote.folders import Pushed, at_once
from pipelines.remote.store import Remote

LISTS: Final = "lists"
_PATIENCE_SECONDS: Final = 600.0


def publish_lists(home: Home, remote: Remote, *, anew: bool = False) -> Pushed | None:
    """Publish the run that was finished last, and return what that took; None where there is none.

    Run again after it was cut off, it goes on where it stopped; where all is there it only looks.

    Raises:
        RemoteError: A file was changed, or the store does not answer or refuses.
        CrossfadeError: Another process is publishing them.
    """
    if latest_run(home.lists) is None:
        return None
    with only_one(home.lists, patience=_PATIENCE_SECONDS):
        run = latest_run(home.lists) or ""
        manifest = _manifest_of(home.lists / run)
        if manifest is None:  # the run is being made anew
            return None
        pushed = _push_run(home.lists / run, manifest, remote, anew=anew)
        if published_lists(remote) != run:
            remote.write(f"{LISTS}/{LATEST}", f"{run}\n".encode())
    return pushed


def publish_again(home: Home, remote: Remote, run: str) -> bool:
    """Let a published run say what it says here by now, and tell whether it is here.

    Raises:
        RemoteError: A file was changed, or the store does not answer or refuses.
        CrossfadeError: Another process is publishing them, maybe with somebody who is forgotten.
    """
    with only_one(home.lists, patience=_PATIENCE_SECONDS):
        manifest = _manifest_of(home.lists / run)
        if manifest is None:
            return False
        _push_run(home.lists / run, manifest, remote)
    return True


def forget_latest(remote: Remote, run: str) -> None:
    """Let nothing name a run that is gone.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    if published_lists(remote) == run:
        remote.remove(f"{LISTS}/{LATEST}")


def published_lists(remote: Remote) -> str | None:
    """Return the run that was published last; None where none was.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    found = remote.read(f"{LISTS}/{LATEST}")
    return None if found is None else found.decode(errors="replace").strip()


def _manifest_of(folder: Path) -> bytes | None:
    """Return the manifest of a run; None where it is not whole, or not there."""
    try:
        return (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None


def _push_run(folder: Path, manifest: bytes, remote: Remote, *, anew: bool = False) -> Pushed:
    place = f"{LISTS}/{folder.name}"
    shards: list[dict[str, Any]] = json.loads(manifest)["shards"]
    sizes = remote.sizes([f"{place}/{shard['file']}" for shard in shards])
    there = {shard["file"]: size == shard["bytes"] for shard, size in zip(shards, sizes, strict=True)}
    if anew:
        there = dict.fromkeys(there, False)
    elif all(there.values()) and remote.read(f"{place}/{MANIFEST}") == manifest:
        return Pushed(0, len(shards) + 1)
    remote.remove(f"{place}/{MANIFEST}")
    carried = sum(at_once(partial(_carry, remote, folder, there), shards))
    remote.write(f"{place}/{MANIFEST}", manifest)
    return Pushed(carried + 1, len(shards) - carried)


def _carry(remote: Remote, folder: Path, there: dict[str, bool], shard: dict[str, Any]) -> bool:
    """Put a shard unless it is there as it is here, and tell whether it was put."""
    path, place = folder / shard["file"], f"{LISTS}/{folder.name}"
    record = f"{place}/{RECORDS}/{path.stem}.json"
    if there[path.name] and (remote.read(record) or b"").decode() == json.dumps(shard):
        return False
    if not path.is_file() or hash_file(path) != shard["sha256"]:
        raise RemoteError("the file is missing or was changed; it is not published", where=str(path))
    remote.remove(record)
    remote.upload(path, f"{place}/{path.name}")
    remote.write(record, json.dumps(shard).encode())
    return True
