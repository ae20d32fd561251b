"""A world that fits on the screen: six tracks, five listeners, and bundles of every recommender made from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.entities import Matches
from pipelines.data.entities.evidence import MATCH_SCHEMA
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.release.bundle import ModelBundle, write_bundle

#: (track id, title, artists, album, release date, duration, genres), in the order of ids.
TRACKS = [
    ("t1", "Jóga", ["Björk"], "Homogenic", "1997-09-22", 305_000, ["electronic"]),
    ("t2", "Hyperballad", ["Björk"], "Post", "1996", 321_000, ["electronic"]),
    ("t3", "Army of Me", ["Björk"], "Post", "1995-04-21", 234_000, ["electronic"]),
    ("t4", "Teardrop", ["Massive Attack"], "Mezzanine", "1998-04", 330_000, ["trip hop"]),
    ("t5", "Massive Attack", ["Massive Attack"], None, None, None, ["trip hop"]),
    ("t6", None, None, None, None, None, None),
]

#: Listener -> plays of t1 .. t6. t1 has four listeners, t2 and t4 three, t3 and t5 two, t6 nobody.
PLAYS = {
    "u1": [9, 4, 0, 0, 0, 0],
    "u2": [5, 7, 3, 0, 0, 0],
    "u3": [2, 0, 8, 1, 0, 0],
    "u4": [1, 0, 0, 6, 2, 0],
    "u5": [0, 1, 0, 3, 9, 0],
}


#: Other ids of tracks, as entity resolution finds them.
ALIASES = {"lastfm:joga": "t1", "lastfm:teardrop": "t4"}


def tiny_catalogue() -> TrackCatalogue:
    """Return the six tracks."""
    names = (c.TRACK_ID, c.TITLE, c.ARTISTS, c.ALBUM, c.RELEASE_DATE, c.DURATION_MS, c.GENRES)
    rows = [dict(zip(names, track, strict=True)) | {c.SOURCE: "tiny"} for track in TRACKS]
    return TrackCatalogue(pa.Table.from_pylist(rows, schema=None))


def tiny_dataset(catalogue: TrackCatalogue | None = None) -> Dataset:
    """Return the world as matrices, with the artists as side information."""
    histories = sp.csr_array(np.array(list(PLAYS.values()), dtype=np.float32))
    artists = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 0]], dtype=np.float32)
    return Dataset(
        snapshot_id="tiny",
        users=Vocabulary.of(PLAYS),
        tracks=Vocabulary.of(track[0] for track in TRACKS),
        histories=histories,
        ratings=histories,
        items={"artists": sp.csr_array(artists)},
        catalogue=catalogue or tiny_catalogue(),
        left_out={},
        matches=Matches(pa.table([[*ALIASES], [*ALIASES.values()], *[["-"] * len(ALIASES)] * 3], schema=MATCH_SCHEMA)),
    )


def write_tiny_bundle(folder: Path, name: str = "slim", catalogue: TrackCatalogue | None = None) -> ModelBundle:
    """Fit a recommender on the tiny world and write its bundle under ``folder``."""
    dataset = tiny_dataset(catalogue)
    kind = recommender_type(name)
    settings = {"neighbours": 3} if "neighbours" in kind.config_type.model_fields else {}
    model = kind(kind.config_type(**settings)).fit(TrainingData(dataset.histories, dataset.items))
    lineage = {"snapshot_id": "tiny", "trained_at": "2026-01-02T03:04:05+00:00"}
    ndcg = {"mean": 0.25, "low": 0.2, "high": 0.3, "n": 5}
    figures = {"protocol": "unseen-users", "metrics": {"ndcg@10": ndcg}, "summary": {"coverage@10": 0.5}}
    return write_bundle(folder, model, dataset, lineage=lineage, figures=figures)
