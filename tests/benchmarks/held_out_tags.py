"""How kind HetRec is to models that read tags: its listeners wrote the tags themselves, the held-out ones too.

In each fold of unseen listeners the tags are counted twice, with and without what the tested listeners wrote, and the
hybrid and the content model are measured with both: ``python tests/benchmarks/held_out_tags.py`` (about two minutes).
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import EvaluationRules
from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.evaluation.metrics import ranking_metrics
from pipelines.evaluation.run import rank
from pipelines.evaluation.splitting import Split, unseen_users
from pipelines.evaluation.validation import build
from pipelines.features.dataset import Dataset
from pipelines.features.items import TAGS, item_features
from pipelines.recommenders.base import TrainingData
from pipelines.sources.hetrec_lastfm import HetrecLastfm, tags_of_tracks
from tests.support.real_data import ARCHIVES, real_dataset

NAME, METRIC = "hetrec-lastfm", "ndcg@10"
HYBRID = {"weighting": "log", "reg": 6.0, "tags": 3.0, "popularity": 0.05}
MODELS: dict[str, dict[str, Any]] = {"content": {}, "slim": {"weighting": "log"}, "hybrid": HYBRID}


def tag_block(dataset: Dataset, events: pa.Table):
    """Return the tag block made from some of the events, in the order of the data set's tracks."""
    given = tags_of_tracks(iter([events]))
    rows = dataset.catalogue.data
    places = pc.index_in(rows[c.TRACK_ID].combine_chunks(), value_set=given[c.TRACK_ID].combine_chunks())
    for name in (c.TAGS, c.TAG_WEIGHTS):
        column = given[name].take(places).cast(c.TRACK_SCHEMA.field(name).type)
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    return item_features(TrackCatalogue(rows))[TAGS]


def ndcg(name: str, dataset: Dataset, split: Split, tags) -> pd.Series:
    """Return nDCG@10 of each tested listener."""
    model = build(name, dict(MODELS[name])).fit(TrainingData(split.train, {**dataset.items, TAGS: tags}))
    lists = rank(model, split.given, split.held_out, 10).lists
    return ranking_metrics(lists, split.held_out, (10,))[METRIC]


def main() -> None:
    """Print a line a model."""
    data = Path(os.environ.get("CROSSFADE_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    events = pa.concat_tables(HetrecLastfm(HetrecLastfm.options_type(archive=data / ARCHIVES[NAME])).tag_events())
    with tempfile.TemporaryDirectory() as folder:
        dataset = real_dataset(NAME, data, Path(folder))
    found: dict[tuple[str, bool], list[pd.Series]] = {(name, kept): [] for name in MODELS for kept in (True, False)}
    for split in unseen_users(dataset.histories, EvaluationRules()):
        tested = pa.array(dataset.users.ids[split.listeners].tolist())
        by_tested = pc.is_in(events[c.USER_ID], value_set=tested)
        blocks = {True: tag_block(dataset, events), False: tag_block(dataset, events.filter(pc.invert(by_tested)))}
        for (name, kept), values in found.items():
            values.append(ndcg(name, dataset, split, blocks[kept]))
    for name in MODELS:
        with_them, without = (float(np.nanmean(pd.concat(found[name, kept]))) for kept in (True, False))
        print(f"{name}: nDCG@10 {with_them:.4f} with the held-out listeners' tags, {without:.4f} without", flush=True)


if __name__ == "__main__":
    main()
