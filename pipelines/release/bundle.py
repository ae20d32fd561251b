"""A model bundle on disk: arrays + Parquet + manifest.json, no pickle, written and replaced atomically.

The bundle is all the service, the batch command and the MLflow model need, so that all three give the same list for the
same history.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import scipy.sparse as sp

from pipelines.atomic import new_folder
from pipelines.data import columns as c
from pipelines.data.entities import Matches
from pipelines.data.hashing import hash_file, hash_json
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.errors import BundleError
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import CandidateList, Explains, Recommender
from pipelines.recommenders.ranking import PAD
from pipelines.sparse import empty, from_triples

FORMAT = 2
MANIFEST = "manifest.json"
_ALIASES = "aliases.parquet"


@dataclass(frozen=True)
class Reason:
    """Why a track was recommended: one track of the history and its share.

    Attributes:
        track_id: A track of the listener's own history.
        share: Its part of the score, between 0 and 1; negative contributions are left out.
    """

    track_id: str
    share: float


@dataclass(frozen=True)
class Recommendation:
    """One recommended track."""

    track_id: str
    rank: int
    score: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class ModelBundle:
    """A model ready to serve.

    Attributes:
        path: The folder it was read from.
        manifest: Recommender, configuration, lineage, figures and a checksum for each file.
        recommender: The fitted model.
        tracks: Track ids; index = column of a history.
        catalogue: One row a track, in the order of ``tracks``.
        users: Ids of the listeners known at training.
        histories: Their histories, listeners x tracks.
        aliases: Other ids of tracks, and the id in ``tracks`` that each stands for.
    """

    path: Path
    manifest: Mapping[str, Any]
    recommender: Recommender
    tracks: Vocabulary
    catalogue: TrackCatalogue
    users: Vocabulary
    histories: sp.csr_array = field(repr=False)
    aliases: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def bundle_id(self) -> str:
        """The bundle's name: a hash of its content."""
        return str(self.manifest["bundle_id"])

    @cached_property
    def listeners(self) -> np.ndarray:
        """How many listeners of the training data have each track, int64."""
        return np.bincount(self.histories.indices, minlength=len(self.tracks))

    @cached_property
    def by_popularity(self) -> np.ndarray:
        """Track indices, the one with most listeners first; equal ones by index."""
        return np.argsort(-self.listeners, kind="stable")

    def indices(self, ids: Iterable[str]) -> np.ndarray:
        """Return the index of each track, by any of its ids; -1 where it is not known."""
        return self.tracks.indices([self.aliases.get(track_id, track_id) for track_id in ids])

    def known_history(self, user_id: str) -> dict[str, float] | None:
        """Return a known listener's history (track id -> strength in plays), or None."""
        row = int(self.users.indices([user_id])[0])
        if row < 0:
            return None
        start, end = self.histories.indptr[row : row + 2]
        ids = self.tracks.ids[self.histories.indices[start:end]]
        return dict(zip(ids, self.histories.data[start:end].astype(float), strict=True))

    def encode(self, histories: Sequence[Mapping[str, float]]) -> sp.csr_array:
        """Return histories x tracks; unknown tracks and weights that are not positive numbers are left out.

        The weights of a track that stands in a history by several of its ids are added up.
        """
        rows: list[np.ndarray] = []
        cols: list[np.ndarray] = []
        data: list[np.ndarray] = []
        for row, history in enumerate(histories):
            index = self.indices(history.keys())
            weight = np.fromiter(history.values(), dtype=np.float32, count=len(history))
            keep = (index >= 0) & np.isfinite(weight) & (weight > 0)
            rows.append(np.full(int(keep.sum()), row))
            cols.append(index[keep])
            data.append(weight[keep])
        shape = (len(histories), len(self.tracks))
        if not rows:
            return empty(*shape)
        return from_triples(np.concatenate(data), np.concatenate(rows), np.concatenate(cols), shape)

    def recommend(
        self,
        histories: Sequence[Mapping[str, float]],
        k: int,
        *,
        exclude: Sequence[Iterable[str]] | None = None,
        reasons: int = 0,
    ) -> list[list[Recommendation]]:
        """Rank the catalogue for each history.

        A score of exactly 0 says that the model knows nothing for or against a track. Such places (all of them where
        the history is empty) go to the tracks most listeners have instead, with the score 0 and no reasons.

        Args:
            histories: Track id -> weight (plays), one mapping a listener.
            k: The length of each list.
            exclude: Track ids that must not appear, one iterable a history; the history itself never appears.
            reasons: How many tracks of the history to name as the cause of each recommendation.

        Returns:
            One list a history, best first; shorter than ``k`` only where the catalogue is.
        """
        encoded = self.encode(histories)
        mask = None
        if exclude is not None:
            mask = self.encode([dict.fromkeys(ids, 1.0) for ids in exclude])
        lists = self.recommender.recommend(encoded, k, exclude=mask)
        return [
            [
                Recommendation(
                    track_id=str(self.tracks.ids[index]),
                    rank=rank,
                    score=score,
                    reasons=self.reasons(history, index, reasons) if reasons and score else (),
                )
                for rank, (index, score) in enumerate(self._filled(lists, row, history, mask), start=1)
            ]
            for row, history in enumerate(encoded[[row]] for row in range(len(histories)))
        ]

    def _filled(
        self, lists: CandidateList, row: int, history: sp.csr_array, mask: sp.csr_array | None
    ) -> list[tuple[int, float]]:
        """Return one list as (track index, score), with popular tracks where the model has none to offer."""
        known = (lists.indices[row] != PAD) & (lists.scores[row] > 0)
        kept = list(zip(lists.indices[row][known].tolist(), lists.scores[row][known].tolist(), strict=True))
        wanted = lists.indices.shape[1]
        if len(kept) < wanted:
            taken = {index for index, _ in kept} | set(history.indices.tolist())
            if mask is not None:
                taken |= set(mask[[row]].indices.tolist())
            enough = self.by_popularity[: wanted + len(taken)].tolist()
            popular = (index for index in enough if index not in taken)
            kept += [(index, 0.0) for index in islice(popular, wanted - len(kept))]
        return kept

    def reasons(self, history: sp.csr_array, track: int, n: int) -> tuple[Reason, ...]:
        """Return the ``n`` history tracks that add most to the score of ``track``, with their share of what adds."""
        if not isinstance(self.recommender, Explains):
            return ()
        positive = [part for part in self.recommender.contributions(history, track) if part.amount > 0]
        total = sum(part.amount for part in positive)
        return tuple(Reason(str(self.tracks.ids[part.track]), part.amount / total) for part in positive[:n])


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
    with new_folder(folder) as draft:
        arrays = {name: np.ascontiguousarray(array) for name, array in recommender.arrays().items()}
        arrays |= {
            "histories_indptr": dataset.histories.indptr,
            "histories_indices": dataset.histories.indices,
            "histories_data": dataset.histories.data,
        }
        for name, array in arrays.items():
            np.save(draft.path / f"{name}.npy", array, allow_pickle=False)
        pq.write_table(dataset.catalogue.data, draft.path / "tracks.parquet", compression="zstd")
        pq.write_table(dataset.matches.of_tracks(dataset.tracks.ids).data, draft.path / _ALIASES, compression="zstd")
        (draft.path / "users.json").write_text(json.dumps(list(dataset.users.ids)), encoding="utf-8")
        content = {
            "format": FORMAT,
            "recommender": recommender.name,
            "title": recommender.title,
            "config": recommender.config.model_dump(mode="json"),
            "n_tracks": len(dataset.tracks),
            "n_users": len(dataset.users),
            "model_arrays": sorted(recommender.arrays()),
            "files": {path.name: hash_file(path) for path in sorted(draft.path.iterdir())},
            "lineage": dict(lineage),
        }
        manifest = {"bundle_id": hash_json(content)[:16], **content, "figures": dict(figures)}
        (draft.path / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True), encoding="utf-8")
        path = draft.publish(str(manifest["bundle_id"]))
    return read_bundle(path)


def read_bundle(path: Path, *, verify: bool = True) -> ModelBundle:
    """Read a bundle; arrays are memory mapped.

    Args:
        path: The bundle's folder.
        verify: Check every file against its checksum first.

    Raises:
        BundleError: The bundle is missing, damaged or of another format.
    """
    manifest = _read_manifest(path)
    if verify:
        for name, expected in manifest["files"].items():
            if not (path / name).is_file() or hash_file(path / name) != expected:
                raise BundleError(
                    f"the file '{name}' is missing or was changed", where=str(path), remedy="Train and promote again"
                )
    try:
        model = recommender_type(manifest["recommender"])
        recommender = model(model.config_type(**manifest["config"]))
        recommender.load({name: _array(path, name) for name in manifest["model_arrays"]})
        catalogue = TrackCatalogue(pq.read_table(path / "tracks.parquet"))
        users = Vocabulary(np.array(json.loads((path / "users.json").read_text(encoding="utf-8")), dtype=object))
        parts = tuple(_array(path, f"histories_{part}") for part in ("data", "indices", "indptr"))
        shape = (manifest["n_users"], manifest["n_tracks"])
        tracks = Vocabulary(catalogue.data[c.TRACK_ID].to_numpy())
        histories = sp.csr_array(parts, shape=shape)
        aliases = Matches(pq.read_table(path / _ALIASES)).aliases
        return ModelBundle(path, manifest, recommender, tracks, catalogue, users, histories, aliases)
    except (OSError, ValueError, KeyError) as error:
        raise BundleError(f"it cannot be read: {error}", where=str(path), remedy="Train and promote again") from error


def _array(path: Path, name: str) -> np.ndarray:
    array: np.ndarray = np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    return array


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            "there is no readable manifest", where=str(path), remedy="Run 'crossfade train' and 'crossfade promote'"
        ) from error
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"its format is {manifest.get('format')}, this version reads {FORMAT}",
            where=str(path),
            remedy="Train again",
        )
    return manifest
