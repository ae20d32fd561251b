"""A world that is delivered in two parts, so that a champion can be refreshed; as small as a training can be."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.data import columns as c
from pipelines.environment import variables_set
from pipelines.home import Home
from pipelines.sources.synthetic import Synthetic, SyntheticOptions

#: Two candidates on two folds, and the champion's stand-in on the same.
TRAINING = """
[matrix]
core = 2
[evaluation]
folds = 2
bootstrap = 100
protocols = ["unseen-users"]
[behaviour]
listeners = 5
[[candidates]]
name = "popularity"
[[candidates]]
name = "item-knn"
params = { neighbours = 5 }
"""
#: Whatever can be trained is promoted: these tests are about what happens to it.
POLICY = """
baselines = []
refresh_margin = 1.0
least_kept = 0.0
resamples = 100
[power]
least = 0.0
[guard]
divisions = []
[behaviour]
must_pass = []
[leakage]
twins = 1.0
"""


def deliver(folder: Path) -> list[dict[str, str]]:
    """Write a tiny world in two parts, one after the other, and return each as the options of a source."""
    world = Synthetic(SyntheticOptions(size="tiny", dirt=0.0))
    rows = pa.concat_tables(world.interactions()).sort_by(c.AT)
    tracks = folder / "tracks.parquet"
    pq.write_table(pa.concat_tables(world.tracks()), tracks)
    edge = rows.num_rows * 4 // 5
    for name, part in {"first": rows.slice(0, edge), "second": rows.slice(edge)}.items():
        pq.write_table(part, folder / f"{name}.parquet")
    return [{"interactions": str(folder / f"{name}.parquet"), "tracks": str(tracks)} for name in ("first", "second")]


def at(home: Path, variables: dict[str, str]) -> AbstractContextManager[None]:
    """Work in a home folder; kept measurements belong to it, as they do where the server is inside the process."""
    storage = str(home / "prefect" / "storage")
    return variables_set({**variables, "CROSSFADE_HOME": str(home), "PREFECT_LOCAL_STORAGE_PATH": storage})


def copied(home: Path, folder: Path) -> Home:
    """Return a copy of a home that a test may change."""
    shutil.copytree(home, folder / "home")
    return Home(folder / "home")
