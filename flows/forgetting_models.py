"""Models without a person: those in use are written anew, exactly; the others, which nobody is served, go."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

from flows.consent import permissions_of
from flows.latest import latest_training, records, save_record, snapshot_named
from flows.registry import Registry
from flows.settings import Settings
from pipelines.config import PreferenceRules, TrainingConfig, load_config
from pipelines.data.hashing import hash_file
from pipelines.data.snapshot import Snapshot, read_snapshot
from pipelines.data.succession import note_successor, successors
from pipelines.errors import BundleError, CrossfadeError, SnapshotError
from pipelines.features.build import build_dataset
from pipelines.features.dataset import Dataset
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST, ModelBundle, read_bundle
from pipelines.release.forgetting import without_listener
from pipelines.release.moves import Author, replace_bundle
from pipelines.release.states import bundle_path, read_releases
from pipelines.store.forget_requests import ForgetRequest
from pipelines.store.receipts import Change

_REASON = "a listener was forgotten"
_AUTHOR = Author("crossfade forget")


def forget_bundles(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Write the models in use anew, and let whatever names the old ones name the new ones.

    Raises:
        CrossfadeError: A model in use cannot be made without the person.
    """
    home = settings.layout
    for old in _bundles_with(request.listener_id, home):
        if old.bundle_id not in bundles_in_use(home):
            continue
        before, after = _datasets(old, settings)
        new = without_listener(home.bundles, old, request.listener_id, before, after)
        Registry(settings.tracking_uri).replace_bundle(old.bundle_id, new)
        note_successor(home.bundles, old.bundle_id, new.bundle_id)
        for record in records(home):
            if record.bundle_id == old.bundle_id:
                save_record(home, replace(record, bundle_id=new.bundle_id))
        replace_bundle(home, old.bundle_id, new.bundle_id, _REASON, _AUTHOR)
        change = _change(old, home, new)
        shutil.rmtree(old.path)
        yield change


def forget_old_bundles(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove the models that nobody is served, here and in the registry; what was decided about them stays."""
    home = settings.layout
    for old in _bundles_with(request.listener_id, home):
        if old.bundle_id in bundles_in_use(home):
            continue
        Registry(settings.tracking_uri).remove_bundle(old.bundle_id, _REASON)
        change = _change(old, home, None)
        shutil.rmtree(old.path)
        yield change


def bundles_in_use(home: Home) -> frozenset[str]:
    """Return the bundles that are served, ready or on trial, and that of the last training, which may be promoted."""
    releases = read_releases(home)
    served = releases.in_use().values() if releases else ()
    last = latest_training(home)
    return frozenset([*served, *([last.bundle_id] if last else [])])


def dataset_of(bundle: ModelBundle, snapshot: Snapshot, settings: Settings) -> Dataset:
    """Build what a bundle learned from, or would learn from today, from a snapshot.

    Raises:
        CrossfadeError: The snapshot is damaged, or too little is left to learn from.
    """
    return build_dataset(snapshot, _config_of(bundle, settings), permissions_of(settings))


def _datasets(bundle: ModelBundle, settings: Settings) -> tuple[Dataset, Dataset]:
    """Return the data of a bundle with the person and without."""
    home, name = settings.layout, bundle.manifest["lineage"]["snapshot_id"]
    try:
        after = snapshot_named(home, _successor(home, name))
        after_data = dataset_of(bundle, after, settings)
    except CrossfadeError as error:
        raise BundleError(
            f"it cannot be made without the person: {error}",
            where=str(bundle.path),
            remedy="Train and promote a model on today's data, then run 'crossfade forget' again",
        ) from error
    try:
        before = read_snapshot(home.snapshots / name)
    except SnapshotError:  # gone in an earlier attempt: then it is a training from scratch
        return after_data, after_data
    return dataset_of(bundle, before, settings), after_data


def _successor(home: Home, name: str) -> str:
    return successors(home.snapshots).get(name, name)


def _config_of(bundle: ModelBundle, settings: Settings) -> TrainingConfig:
    """Return the training configuration in force, with the preferences the bundle was trained with."""
    config = load_config(settings.training)
    kept = bundle.manifest["lineage"].get("preferences")
    if config.hash() == bundle.manifest["lineage"].get("config_hash") or kept is None:
        return config
    return config.model_copy(update={"preferences": PreferenceRules(**kept)})


def _bundles_with(listener: str, home: Home) -> list[ModelBundle]:
    """Return every bundle that knows a listener.

    Raises:
        BundleError: A bundle is damaged or of another format; it may hold them.
    """
    paths = sorted(path.parent for path in home.bundles.glob(f"[!.]*/{MANIFEST}"))
    found = (read_bundle(path, verify=False) for path in paths)
    return [bundle for bundle in found if bundle.users.index(listener) >= 0]


def _change(old: ModelBundle, home: Home, new: ModelBundle | None) -> Change:
    return Change(
        "bundle",
        str(old.path.relative_to(home.root)),
        hash_file(old.path / MANIFEST),
        hash_file(new.path / MANIFEST) if new else None,
        str(bundle_path(home, new.bundle_id).relative_to(home.root)) if new else None,
    )
