"""The small world of the failure lab: listening in the order in which it happened, delivered in five parts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.data import columns as c
from pipelines.sources.synthetic import Synthetic, SyntheticOptions

_LISTENERS: Final = 300
#: Where the deliveries end, as shares of all that happens: three that the gate lets in and compares the next with, the
#: one that a failure may spoil, and one that comes later.
_ENDS: Final = (0.5, 0.6, 0.7, 0.8, 1.0)
#: Candidates that differ, on two folds: the lab's trainings take seconds.
TRAINING: Final = Path(__file__).with_name("training.toml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Delivery:
    """What arrives at once.

    Attributes:
        interactions: What listeners did.
        tracks: The whole catalogue.
    """

    interactions: pa.Table
    tracks: pa.Table

    def write(self, folder: Path) -> dict[str, str]:
        """Write the tables as Parquet and return them as the options of the source ``files``."""
        folder.mkdir(parents=True, exist_ok=True)
        options = {name: str(folder / f"{name}.parquet") for name in ("interactions", "tracks")}
        pq.write_table(self.interactions, options["interactions"])
        pq.write_table(self.tracks, options["tracks"])
        return options


@dataclass(frozen=True)
class World:
    """What there is to learn from, and with what.

    Attributes:
        past: Deliveries that were let in.
        delivery: The one that has just come.
        to_come: What listeners will do after it.
        later: What of that arrives while nothing learns from it; None where nothing does.
        training: The training configuration, as TOML.
    """

    past: tuple[Delivery, ...]
    delivery: Delivery
    to_come: Delivery
    later: Delivery | None = None
    training: str = TRAINING


@cache
def healthy_world(seed: int = 7) -> World:
    """Return the healthy world; the same seed gives the same rows."""
    source = Synthetic(SyntheticOptions(size="small", seed=seed, dirt=0.0))
    rows = pa.concat_tables(source.interactions())
    some = pc.unique(rows[c.USER_ID]).slice(0, _LISTENERS)
    rows = rows.filter(pc.is_in(rows[c.USER_ID], value_set=some)).sort_by(c.AT)
    tracks = pa.concat_tables(source.tracks())
    edges = np.round(np.array([0.0, *_ENDS]) * rows.num_rows).astype(int)
    *past, delivery, to_come = (Delivery(rows.slice(a, b - a), tracks) for a, b in pairwise(edges))
    return World(tuple(past), delivery, to_come)
