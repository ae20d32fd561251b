"""Immutable folders in an object store: a bundle or a snapshot, its files by their SHA-256, its manifest last.

    bundles/<id>/<sha256>         a file of the folder; the manifest says which
    bundles/<id>/manifest.json    there only when all of them are

Nobody sees half a folder, whatever was cut off and however late a store lists what is there: readers begin with the
manifest and ask for objects by name. As an object is named by its content, one that is there is right if it is whole,
so an upload goes on where it stopped, and two publishers at once cannot mix their files.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, TypeVar

from pipelines.atomic import new_folder
from pipelines.data.hashing import hash_file
from pipelines.errors import RemoteError
from pipelines.remote.store import Remote

MANIFEST: Final = "manifest.json"
#: Stands in a folder that came from a store, and may go when nothing names it any more.
PULLED: Final = "pulled"
_AT_ONCE: Final = 8
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
N = TypeVar("N")
T = TypeVar("T")


@dataclass(frozen=True)
class Pushed:
    """What publishing a folder took.

    Attributes:
        carried: How many objects were put.
        kept: How many were there already.
    """

    carried: int
    kept: int


def push_folder(remote: Remote, kind: str, folder: Path, *, anew: bool = False) -> Pushed:
    """Publish a folder; what is there already, whole, is not carried again.

    Args:
        remote: Where to.
        kind: ``bundles`` or ``snapshots``.
        folder: The folder, named by its id, with a manifest.
        anew: Carry everything again, as after an object was damaged in the store.

    Raises:
        RemoteError: A file is not what the manifest says, or the store does not answer or refuses.
    """
    place, manifest = f"{kind}/{folder.name}", _read(folder / MANIFEST)
    # Files of the same content are one object.
    by_digest = {digest: folder / name for name, digest in files_of(manifest, str(folder)).items()}
    there = dict(zip(by_digest, remote.sizes([f"{place}/{digest}" for digest in by_digest]), strict=True))

    def carry(digest: str) -> bool:
        path = by_digest[digest]
        if not path.is_file() or hash_file(path) != digest:
            raise RemoteError("the file is missing or was changed; it is not published", where=str(path))
        if not anew and there[digest] == path.stat().st_size:
            return False
        remote.upload(path, f"{place}/{digest}")
        return True

    carried = sum(at_once(carry, by_digest))
    if anew or remote.read(f"{place}/{MANIFEST}") != manifest:
        remote.write(f"{place}/{MANIFEST}", manifest)
        carried += 1
    return Pushed(carried, len(by_digest) + 1 - carried)


def pull_folder(remote: Remote, kind: str, name: str, parent: Path) -> Path:
    """Return a folder as it was published, fetched unless it is there; it appears whole and checked, or not at all.

    Args:
        remote: Where from.
        kind: ``bundles`` or ``snapshots``.
        name: Its id.
        parent: Where such folders are.

    Raises:
        RemoteError: It was never published whole, an object is missing or damaged, or the store does not answer.
    """
    require_name(name, remote.at(kind))
    if (parent / name / MANIFEST).is_file():
        return parent / name
    place = f"{kind}/{name}"
    manifest = remote.read(f"{place}/{MANIFEST}")
    if manifest is None:
        raise RemoteError(
            "it was never published whole", where=remote.at(place), remedy="Run 'crossfade push' where it was made"
        )
    files = files_of(manifest, remote.at(f"{place}/{MANIFEST}"))
    with new_folder(parent) as draft:

        def fetch(file: str) -> None:
            path = draft.path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if remote.download(f"{place}/{files[file]}", path) != files[file]:
                raise RemoteError(
                    f"the object of '{file}' is damaged",
                    where=remote.at(f"{place}/{files[file]}"),
                    remedy="Run 'crossfade push --anew' where it was made",
                )

        at_once(fetch, files)
        (draft.path / PULLED).touch()
        (draft.path / MANIFEST).write_bytes(manifest)
        return draft.publish(name)


def is_whole(remote: Remote, kind: str, name: str) -> bool:
    """Return whether a folder was published whole.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    require_name(name, remote.at(kind))
    return remote.sizes([f"{kind}/{name}/{MANIFEST}"]) != [None]


def unfinished(remote: Remote, kind: str, manifest: str = MANIFEST) -> list[str]:
    """Return the folders of a kind that have no manifest: publications that were cut off, or are going on.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    names = remote.folders(kind)
    sizes = remote.sizes([f"{kind}/{name}/{manifest}" for name in names])
    return [name for name, size in zip(names, sizes, strict=True) if size is None]


def remove_published(remote: Remote, kind: str, name: str, manifest: str = MANIFEST) -> str | None:
    """Remove a published folder, its manifest first, and return what the manifest was; None where there was none.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    require_name(name, remote.at(kind))
    place = f"{kind}/{name}"
    said = remote.read(f"{place}/{manifest}")
    remote.remove(f"{place}/{manifest}")
    remote.remove_folder(place)
    return None if said is None else said.decode()


def require_name(name: str, where: str) -> None:
    """Check that a name from a store is one of ours: it becomes a path.

    Raises:
        RemoteError: It is not.
    """
    if not _NAME.fullmatch(name):
        raise RemoteError(f"{name!r} is no name of a bundle or a snapshot", where=where)


def files_of(manifest: bytes, where: str) -> dict[str, str]:
    """Return the files a manifest names with their SHA-256; none of them leads out of the folder.

    Raises:
        RemoteError: It cannot be read, or names something else.
    """
    try:
        files = dict(json.loads(manifest)["files"])
        good = all(_is_inside(name) and _DIGEST.fullmatch(digest) for name, digest in files.items())
    except (ValueError, KeyError, TypeError) as error:
        raise RemoteError(f"the manifest cannot be read ({error})", where=where) from error
    if not good:
        raise RemoteError("the manifest names what is no file of it", where=where)
    return files


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and name not in {MANIFEST, PULLED}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RemoteError("there is no manifest", where=str(path)) from error


def at_once(work: Callable[[N], T], each_of: Iterable[N]) -> list[T]:
    """Do something for each of several, some at a time; the first error ends it, what has begun is waited for."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="remote") as pool:
        running = [pool.submit(work, each) for each in each_of]
        try:
            return [future.result() for future in running]
        finally:
            for future in running:
                future.cancel()
