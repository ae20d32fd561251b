"""How often monitoring raises an alarm on a quiet night of a simulated month, and how many of its drifts it finds.

Each month has what ``crossfade simulate`` delivers, from a world of another seed, and is looked at by the month's own
rules; nothing is trained and nobody leaves. Run: python -m tests.benchmarks.false_alarms_of_months
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.monitoring.inputs import input_checks
from pipelines.monitoring.rules import InputRules
from pipelines.monitoring.windows import by_time
from pipelines.testing.month.account import NightAccount
from pipelines.testing.month.deliveries import Deliveries
from pipelines.testing.month.script import month
from pipelines.testing.month.watching import PATIENCE_NIGHTS, drifts_seen, is_quiet, monitoring_rules
from tests.support.weeks import breached

NIGHTS = 30
#: The seed of the report comes first.
SEEDS = range(7, 18)


def main() -> None:
    """Print a line for the month's own rules, and for each that has another noise or leaves out other windows."""
    own = InputRules(**tomllib.loads(monitoring_rules(NIGHTS))["inputs"])
    shipped = InputRules()
    worlds = [Deliveries(month(NIGHTS), seed) for seed in SEEDS]
    for change in ({}, {"noise": shipped.noise}, {"outlier": shipped.outlier}, {"outlier": np.inf}):
        rules = own.model_copy(update=change)
        months = [looked_at(deliveries, rules) for deliveries in worlds]
        quiet = [night for each in months for night in each if is_quiet(night, each)]
        seen = [drift for each in months for drift in drifts_seen(each)]
        loud, found = sum(bool(night.alarms) for night in quiet), sum(drift.alarm is not None for drift in seen)
        chance = 1 - (1 - loud / len(quiet)) ** PATIENCE_NIGHTS
        print(
            f"noise {rules.noise:g}, outlier {rules.outlier:g}: an alarm on {loud} of {len(quiet)} quiet nights, by "
            f"chance on one of {PATIENCE_NIGHTS} in a row in {chance:.0%}; {found} of {len(seen)} drifts found",
            flush=True,
        )


def looked_at(deliveries: Deliveries, rules: InputRules) -> list[NightAccount]:
    """Return the nights of a month with what the checks of inputs find on each."""
    tracks = deliveries.tracks
    tracks = tracks.append_column(c.SOURCE, pa.repeat("synthetic", tracks.num_rows)).select(c.TRACK_SCHEMA.names)
    catalogue = TrackCatalogue(tracks.cast(c.TRACK_SCHEMA))
    return [
        NightAccount(night, "promoted", "", None, alarms=tuple(_alarms(there, catalogue, rules)))
        for night, there in zip(month(NIGHTS), _there(deliveries), strict=True)
    ]


def _there(deliveries: Deliveries) -> Iterator[Sequence[pa.Table]]:
    """Yield what is there after each night; a broken delivery is stopped, and comes again."""
    there: list[pa.Table] = []
    for night in month(NIGHTS):
        if not night.bad_delivery:
            there.append(deliveries.interactions(night))
        yield there


def _alarms(there: Sequence[pa.Table], catalogue: TrackCatalogue, rules: InputRules) -> list[str]:
    rows = pa.concat_tables(there)
    return breached(input_checks(by_time([rows], catalogue, pc.max(rows[c.AT]).as_py(), rules), rules))


if __name__ == "__main__":
    main()
