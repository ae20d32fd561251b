"""What leaves the home folder for a bucket and comes back: the release, the snapshot to train on, lists for everybody.

The home folder stays the truth. It is published after every move of the release, so a publication that failed is made
up for by the next one, and by every lifecycle; nothing that is served waits for the bucket.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.progress import tell
from flows.settings import Settings
from pipelines.data.hashing import hash_text
from pipelines.errors import ConfigError, CrossfadeError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.publishing import BUNDLES, is_published, publish_release, published_release, pull_release
from pipelines.release.publishing_lists import (
    LISTS,
    forget_latest,
    publish_again,
    publish_lists,
    published_lists,
)
from pipelines.release.shards import MANIFEST as LISTS_MANIFEST
from pipelines.remote.figures import publish_figures
from pipelines.remote.folders import MANIFEST, remove_published, unfinished
from pipelines.remote.retention import prune
from pipelines.remote.snapshots import SNAPSHOTS, publish_snapshot, published_snapshot, pull_snapshot
from pipelines.remote.store import Remote
from pipelines.store.forget_requests import ForgetRequest
from pipelines.store.receipts import Change

#: What makes a published folder of each kind whole.
_MANIFESTS: Final = {BUNDLES: MANIFEST, SNAPSHOTS: MANIFEST, LISTS: LISTS_MANIFEST}
#: What a receipt calls a folder that was removed from the bucket.
PUBLISHED: Final = "published"
_PATIENCE_SECONDS: Final = 600.0


@dataclass(frozen=True)
class Publication:
    """What stands in a bucket after a publication, or in a home after it was fetched.

    Attributes:
        url: The bucket and prefix.
        bundle_id: The champion; None where nothing was ever promoted.
        snapshot_id: The snapshot to train on; None where nothing was ever ingested.
        carried: How many objects were put.
        kept: How many were there already.
        removed: The folders that left the bucket because nothing names them any more.
    """

    url: str
    bundle_id: str | None
    snapshot_id: str | None
    carried: int = 0
    kept: int = 0
    removed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def remote_of(settings: Settings) -> Remote:
    """Return the bucket of an installation.

    Raises:
        ConfigError: None is set, or its address is impossible.
    """
    if not settings.published_to:
        raise ConfigError(
            "no bucket is set", where="CROSSFADE_REMOTE", remedy="Set it, such as to s3://bucket/crossfade"
        )
    return Remote.of(settings.published_to, os.environ)


def push(settings: Settings, *, anew: bool = False) -> Publication:
    """Publish the snapshot to train on, the bundles in use, then the state that names them, and the last lists.

    What nothing names any more leaves the bucket after a while, but for the newest few.

    Raises:
        ConfigError: No bucket is set.
        CrossfadeError: The store does not answer or refuses, something was changed, or another home published.
    """
    home, remote = settings.layout, remote_of(settings)
    pushed = {
        SNAPSHOTS: publish_snapshot(home, remote, anew=anew),
        BUNDLES: publish_release(home, remote, anew=anew),
        LISTS: publish_lists(home, remote, anew=anew),
    }
    # What another home publishes there is that one's to tidy.
    ours = {kind: each for kind, each in pushed.items() if each is not None}
    release = published_release(remote)
    return Publication(
        remote.url,
        release.champion.bundle_id if release else None,
        published_snapshot(remote),
        sum(each.carried for each in ours.values()),
        sum(each.kept for each in ours.values()),
        tuple(_tidied(home, remote, ours, settings.remote_kept)),
    )


def _tidied(home: Home, remote: Remote, kinds: Iterable[str], keep: int) -> Iterator[str]:
    """Remove what nothing names any more, and yield its places."""
    locked = {BUNDLES: home.bundles, SNAPSHOTS: home.snapshots, LISTS: home.lists}
    for kind in kinds:
        # Whoever publishes holds this: what is not in use now may be just about to be.
        with only_one(locked[kind], patience=_PATIENCE_SECONDS):
            kept = _in_use(remote, kind)
            removed = prune(remote, kind, kept, keep=keep, now=datetime.now(UTC), manifest=_MANIFESTS[kind])
        yield from (f"{kind}/{name}" for name in removed)


def _in_use(remote: Remote, kind: str) -> set[str]:
    """Return the published folders of a kind that are named."""
    if kind == BUNDLES:
        release = published_release(remote)
        return set(release.in_use().values()) if release else set()
    named = published_snapshot(remote) if kind == SNAPSHOTS else published_lists(remote)
    return {named} if named else set()


def pull(settings: Settings, *, data: bool = True, models: bool = True) -> Publication:
    """Fetch what was published last into the home folder: the release with its bundles, and the snapshot.

    Raises:
        ConfigError: No bucket is set.
        CrossfadeError: Something is missing or damaged there, or the store does not answer or refuses.
    """
    home, remote = settings.layout, remote_of(settings)
    release = pull_release(home, remote) if models else None
    snapshot = pull_snapshot(home, remote) if data else None
    return Publication(remote.url, release.champion.bundle_id if release else None, snapshot)


def publish_if_set(settings: Settings) -> None:
    """Publish where a bucket is set; one that is away holds up nothing: the next move or lifecycle makes up for it."""
    if not settings.published_to:
        return
    try:
        done = publish(settings)
    except CrossfadeError as error:
        get_run_logger().warning("%s The next move or lifecycle publishes.", error)
        tell("publish", "the bucket was not reached; the next move or lifecycle publishes ('crossfade push' does now)")
    else:
        tell("publish", f"{done.url}: {done.carried} objects put, {done.kept} were there")


@task(name="publish", task_run_name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(settings: Settings) -> Publication:
    """Publish as a task, so that a failure shows; the store's client has tried again by itself."""
    return push(settings)


def publish_what_was_found(settings: Settings) -> None:
    """Publish the figures of monitoring where a bucket is set; one that is away holds up nothing."""
    if settings.published_to:
        try:
            publish_figures(settings.layout, remote_of(settings))
        except CrossfadeError as error:
            get_run_logger().warning("%s The next look publishes.", error)


def forget_published(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Let the bucket hold what the home holds by now: publish that, and remove whatever else was published there.

    What another copy of this home has fetched leaves it when that follows the new state.

    Raises:
        CrossfadeError: The store does not answer or refuses; the request waits on.
    """
    if not settings.published_to or not (request.changes or any(request.removed.values())):
        return
    home, remote = settings.layout, remote_of(settings)
    push(settings)
    for kind, here in ((BUNDLES, home.bundles), (SNAPSHOTS, home.snapshots)):
        for name in remote.folders(kind):
            if not (here / name).is_dir():
                yield _removed(remote, kind, name)
    for run in remote.folders(LISTS):
        if not publish_again(home, remote, run):
            forget_latest(remote, run)
            yield _removed(remote, LISTS, run)


def _removed(remote: Remote, kind: str, name: str) -> Change:
    manifest = remove_published(remote, kind, name, _MANIFESTS[kind])
    return Change(PUBLISHED, remote.at(f"{kind}/{name}"), hash_text(manifest or ""), None)


def is_unpublished(where: str, settings: Settings) -> bool:
    """Return whether nothing is published at an address that a receipt names.

    Raises:
        CrossfadeError: The store does not answer or refuses.
    """
    remote = remote_of(settings)
    place = where.removeprefix(f"{remote.url}/")
    return remote.sizes([f"{place}/{_MANIFESTS[place.partition('/')[0]]}"]) == [None]


def bucket_notes(settings: Settings) -> Iterator[tuple[bool, str]]:
    """Say how a bucket stands: whether it names what is served here, and what publications that were cut off left.

    Yields:
        Whether that is good, and the words.
    """
    try:
        remote = remote_of(settings)
        left = [f"{kind}/{name}" for kind, last in _MANIFESTS.items() for name in unfinished(remote, kind, last)]
        same = is_published(settings.layout, remote)
    except CrossfadeError as error:
        yield False, str(error)
        return
    yield same, f"{remote.url} names {'' if same else 'not '}what is served here{'' if same else ': crossfade push'}"
    if left:
        words = f"{len(left)} folders without a manifest: {', '.join(left[:3])}; a publication goes on or was cut off"
        yield False, f"{words}; 'crossfade push' carries on with what is in use, the others can be deleted there"
