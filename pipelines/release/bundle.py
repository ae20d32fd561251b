"""A model bundle on disk: arrays + Parquet + manifest.json, no pickle, written and replaced atomically.

The bundle is all the service, the batch command and the MLflow model need, so that all three give the same list for the
same history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq

from pipelines.atomic import new_folder
from pipelines.data.hashing import hash_file, hash_json
from pipelines.errors import BundleError
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import Recommender
from pipelines.recommenders.facts import TrackFacts
from pipelines.release.checksums import first_changed, stamp
from pipelines.release.model_bundle import (
    ALIASES,
    CATALOGUE,
    ModelBundle,
    Reason,
    Recommendation,
    array_of,
    arrays_of,
)
from pipelines.release.track_json import shown_tracks
from pipelines.release.word_index import WordIndex
from pipelines.texts import Ids

__all__ = ["FORMAT", "MANIFEST", "ModelBundle", "Reason", "Recommendation", "read_bundle", "write_bundle"]

FORMAT: Final = 3
MANIFEST: Final = "manifest.json"


def write_bundle(
    folder: Path, recommender: Recommender, dataset: Dataset, *, lineage: Mapping[str, Any], figures: Mapping[str, Any]
) -> ModelBundle:
    """Write a bundle under ``folder`` and return it as read back.

    The folder appears whole or not at all; the same content has the same id, and is not written twice.

    Args:
        folder: Where bundles live.
        recommender: A fitted recommender.
        dataset: What it was fitted on.
        lineage: Where it comes from: snapshot, run, commit, configuration hash.
        figures: What was measured about it.
    """
    matches = dataset.matches.of_tracks(dataset.tracks.ids)
    with new_folder(folder) as draft:
        for name, array in _every_array(recommender, dataset, matches.aliases).items():
            np.save(draft.path / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
        pq.write_table(dataset.catalogue.data, draft.path / CATALOGUE, compression="zstd")
        pq.write_table(matches.data, draft.path / ALIASES, compression="zstd")
        files = {path.name: hash_file(path) for path in sorted(draft.path.iterdir())}
        content = {
            "format": FORMAT,
            "recommender": recommender.name,
            "title": recommender.title,
            "config": recommender.config.model_dump(mode="json"),
            "n_tracks": len(dataset.tracks),
            "n_users": len(dataset.users),
            "model_arrays": sorted(recommender.arrays()),
            "files": files,
            "lineage": dict(lineage),
        }
        manifest = {"bundle_id": hash_json(content)[:16], **content, "figures": dict(figures)}
        (draft.path / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")
        stamp(draft.path, files)
        path = draft.publish(str(manifest["bundle_id"]))
    return read_bundle(path)


def _every_array(recommender: Recommender, dataset: Dataset, aliases: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Return every array of a bundle by the name of its file: those of the model plain, the others "group.name"."""
    listeners = np.bincount(dataset.histories.indices, minlength=len(dataset.tracks))
    facts = TrackFacts.of(dataset.catalogue, listeners)
    histories = dataset.histories
    groups = {
        "tracks": Ids.of(dataset.tracks.ids).arrays("ids"),
        "users": Ids.of(dataset.users.ids).arrays("ids"),
        "aliases": Ids.of(aliases).arrays("ids") | {"tracks": dataset.tracks.indices(aliases.values())},
        "histories": {"data": histories.data, "indices": histories.indices, "indptr": histories.indptr},
        "facts": facts.arrays(),
        "shown": shown_tracks(dataset.catalogue, aliases).arrays("json"),
        "words": WordIndex.build(dataset.catalogue, facts.by_popularity).arrays(),
    }
    named = {f"{group}.{name}": array for group, arrays in groups.items() for name, array in arrays.items()}
    return dict(recommender.arrays()) | named


def read_bundle(path: Path, *, verify: bool = True) -> ModelBundle:
    """Open a bundle; arrays are memory mapped.

    Args:
        path: The bundle's folder.
        verify: Check every file against its checksum first, unless that was done and the file was not touched since.

    Raises:
        BundleError: The bundle is missing, damaged or of another format.
    """
    manifest = _read_manifest(path)
    try:
        if verify and (changed := first_changed(path, manifest["files"])):
            raise BundleError(
                f"the file '{changed}' is missing or was changed", where=str(path), remedy="Train and promote again"
            )
        model = recommender_type(manifest["recommender"])
        recommender = model(model.config_type(**manifest["config"]))
        recommender.load({name: array_of(path / f"{name}.npy") for name in manifest["model_arrays"]})
        tracks = Ids.load(arrays_of(path, "tracks"), "ids")
        return ModelBundle(path, manifest, recommender, tracks, TrackFacts.load(arrays_of(path, "facts")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:  # whatever a damaged manifest leads to
        raise BundleError(f"it cannot be read: {error}", where=str(path), remedy="Train and promote again") from error


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        written_as = manifest.get("format")
    except (OSError, ValueError, AttributeError) as error:
        raise BundleError(
            "there is no readable manifest", where=str(path), remedy="Run 'crossfade train' and 'crossfade promote'"
        ) from error
    if written_as != FORMAT:
        raise BundleError(
            f"its format is {written_as}, this version reads {FORMAT}", where=str(path), remedy="Train again"
        )
    return manifest
