"""What may leave a store: published folders that nothing names any more, but for the newest few.

Somebody may be reading such a folder: a replica that has just seen an older state, a copy that lags. So it is marked
first, and goes only when the mark is a day old; if it is named again meanwhile, it loses the mark. Nothing is removed
because a listing lacks it.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from pipelines.remote.folders import MANIFEST, remove_published
from pipelines.remote.store import Remote

#: Stands in a folder that is to go; holds since when.
MARK: Final = "unused-since"
GRACE: Final = timedelta(days=1)
_EVER: Final = datetime.min.replace(tzinfo=UTC)


def prune(
    remote: Remote, kind: str, in_use: Collection[str], *, keep: int, now: datetime, manifest: str = MANIFEST
) -> tuple[str, ...]:
    """Remove published folders that are not in use, and return their names; half ones stay, as they may be growing.

    Args:
        remote: The place.
        kind: ``bundles``, ``snapshots`` or ``lists``.
        in_use: The names that are to stay.
        keep: How many others stay as well, the newest.
        now: The time.
        manifest: The name of the object that makes a folder whole.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    names = remote.folders(kind)
    written = dict(zip(names, remote.written_at([f"{kind}/{name}/{manifest}" for name in names]), strict=True))
    others = [name for name in names if written[name] and name not in in_use]
    going = sorted(others, key=lambda name: written[name] or _EVER, reverse=True)[keep:]
    for name in set(names) - set(going):
        remote.remove(f"{kind}/{name}/{MARK}")
    removed = [name for name in going if _was_marked(remote, f"{kind}/{name}/{MARK}", now)]
    for name in removed:
        remove_published(remote, kind, name, manifest)
    return tuple(removed)


def _was_marked(remote: Remote, path: str, now: datetime) -> bool:
    """Mark a folder, anew where the mark is damaged; tell whether that was done long enough ago."""
    said = remote.read(path)
    with suppress(ValueError, TypeError):  # no time, or one without a zone
        if said is not None:
            return now - datetime.fromisoformat(said.decode()) >= GRACE
    remote.write(path, now.isoformat().encode())
    return False
