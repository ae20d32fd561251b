"""What a model learns of a track comes from sources that permit training; what is shown may come from others."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.config import MatrixRules, TrainingConfig
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.permissions import Permissions
from pipelines.data.provenance import SPOTIFY_API, Provenance, Use
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.errors import NotPermittedError
from pipelines.features.build import build_dataset
from pipelines.testing.worlds import catalogue_of

OPEN = Provenance("open", "made up", "CC0-1.0")
API = Provenance(SPOTIFY_API, "the Web API", "its terms", frozenset({Use.DISPLAY, Use.SEED}))
CONFIG = TrainingConfig(matrix=MatrixRules(core=1))


@pytest.fixture
def snapshot(tmp_path):
    """Two listeners of an open source who share tracks a and b; only the Web API says who made b, and plays d."""

    def write(*, listeners="open"):
        likes = [(user, track, listeners) for user in ("u1", "u2") for track in ("a", "b")]
        rows = [*likes, ("u1", "d", SPOTIFY_API)]
        names = (c.USER_ID, c.TRACK_ID, c.SOURCE)
        table = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        tables = Tables(
            InteractionTable(pa.table({**table, c.KIND: [c.LIKE] * len(rows)})),
            catalogue_of(["a", "b", "d"], artists=[["A"], ["B"], ["D"]], source=["open", SPOTIFY_API, SPOTIFY_API]),
            PlaylistTable.empty(),
        )
        verdict = Verdict(subject=fingerprint(tables), suite="rules", checked=1)
        return write_snapshot(tmp_path, tables, verdict, (OPEN, API))

    return write


def entries(dataset):
    """Return how many artists the model knows of each track."""
    return dict(zip(dataset.tracks.ids, dataset.items["artists"].sum(axis=1).tolist(), strict=True))


def test_no_feature_is_made_of_what_may_not_train_and_it_is_shown_all_the_same(snapshot):
    dataset = build_dataset(snapshot(), CONFIG)
    assert entries(dataset) == {"a": 1.0, "b": 0.0}
    assert dataset.catalogue.data[c.ARTISTS].to_pylist() == [["A"], ["B"]]
    assert dataset.left_out["withheld"] == 1


def test_the_owners_decision_lets_it_in(snapshot):
    dataset = build_dataset(snapshot(), CONFIG, Permissions(train_on_spotify_api=True))
    assert entries(dataset) == {"a": 1.0, "b": 1.0, "d": 1.0}
    assert dataset.left_out["withheld"] == 0


def test_where_nothing_may_train_that_is_said(snapshot):
    with pytest.raises(NotPermittedError, match=r"not one of 5 interactions may train a model.*consent list"):
        build_dataset(snapshot(listeners=SPOTIFY_API), CONFIG)
