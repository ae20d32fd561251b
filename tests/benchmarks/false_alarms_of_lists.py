"""How often monitoring raises an alarm about lists in a quiet week, and which changes for the worse it finds.

Each week of a small world is trained twice, up to its last day and up to the day before, as a nightly run would do it,
and the lists of both models go to the very checks with the shipped thresholds.
Run: python -m tests.benchmarks.false_alarms_of_lists
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from pipelines.config import TrainingConfig
from pipelines.data import columns as c
from pipelines.data.approval import Verdict, fingerprint
from pipelines.data.provenance import Provenance
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.data.tables import InteractionTable, PlaylistTable, Tables
from pipelines.evaluation.validation import build
from pipelines.features.build import build_dataset
from pipelines.monitoring.checks import Check
from pipelines.monitoring.predictions import Earlier, Lists, lists_for, popular_tracks, prediction_checks, sample_of
from pipelines.monitoring.rules import PredictionRules
from pipelines.recommenders.base import TrainingData
from pipelines.release.bundle import write_bundle
from tests.support import weeks

RULES = PredictionRules()
KINDS = ("coverage", "popularity", "overlap")
ORIGIN = Provenance("synthetic", "made up", "CC0-1.0")
QUIET = (range(1, 5), 50)
#: Recipes that might come in the place of the one before: name -> its settings.
HYBRID = ("hybrid", {"neighbours": 50})
OTHERS: Sequence[tuple[str, dict[str, int]]] = (
    ("item-knn", {"neighbours": 50}),
    ("item-knn", {"neighbours": 1}),
    ("content", {}),
    ("popularity", {}),
)
SHARES = (0.25, 0.5, 0.75, 1.0)
DOSED_WEEKS = 25


@dataclass(frozen=True)
class Night:
    """What a champion gives to histories, and what it knows: how many tracks, those played most, the popular ones."""

    histories: list[dict[str, float]]
    lists: Lists
    n_tracks: int
    most_played: list[str]
    popular: frozenset[str]


def main() -> None:
    """Print the alarms of quiet weeks and the range of each figure in them, then those of changes for the worse."""
    seeds, count = QUIET
    quiet: list[tuple[Check, ...]] = []
    found: dict[str, list[tuple[Check, ...]]] = {}
    for seed in seeds:
        for number, end in enumerate(weeks.week_ends(count)):
            now = night(seed, end, HYBRID)
            quiet.append(checks(now, now.lists, night(seed, end - timedelta(days=1), HYBRID, now.histories).lists))
            if number * len(seeds) < DOSED_WEEKS:
                for name, lists in changed(seed, end, now):
                    found.setdefault(name, []).append(checks(now, lists, now.lists))
    report(quiet, found)


def report(quiet: Sequence[tuple[Check, ...]], found: dict[str, list[tuple[Check, ...]]]) -> None:
    """Print what was found."""
    loud = [names for each in quiet if (names := weeks.breached(each))]
    print(f"{len(quiet)} quiet weeks: an alarm in {len(loud)}: {loud}")
    for kind, figures, first in zip(KINDS, figures_of(quiet).T, quiet[0], strict=True):
        print(f"  {kind}: {figures.min():.3f} to {figures.max():.3f}; threshold {first.threshold}")
    count = len(next(iter(found.values())))
    print(f"\n| change | found in (of {count} weeks) | {' | '.join(KINDS)} |\n|---|---:|---:|---:|---:|")
    for name, weeks_of in found.items():
        caught = np.mean([bool(weeks.breached(each)) for each in weeks_of])
        means = " | ".join(f"{mean:.2f}" for mean in figures_of(weeks_of).mean(axis=0))
        print(f"| {name} | {caught:.0%} | {means} |")


def figures_of(judged: Sequence[tuple[Check, ...]]) -> np.ndarray:
    """Return the figures of checks, weeks x kinds."""
    return np.array([[check.figure for check in each] for each in judged])


def changed(seed: int, end: datetime, now: Night) -> Iterator[tuple[str, Lists]]:
    """Yield changes for the worse: what it is, and the lists after it."""
    for other in OTHERS:
        yield f"{other[0]} {other[1] or ''}", night(seed, end, other, now.histories).lists
    for share in SHARES:
        cut = int(share * len(now.lists))
        yield f"{share:.0%} of the listeners get what is played most", [*[now.most_played] * cut, *now.lists[cut:]]
    for share in SHARES:
        mixed = night(seed, end, HYBRID, now.histories, mixed_up=share)
        yield f"{share:.0%} of the plays are booked on other tracks", mixed.lists


def checks(now: Night, lists: Lists, earlier: Lists) -> tuple[Check, ...]:
    """Judge lists beside those of the day before."""
    return prediction_checks(lists, now.n_tracks, now.popular, Earlier("before", earlier), RULES)


def night(
    seed: int,
    end: datetime,
    recipe: tuple[str, dict[str, int]],
    asked: list[dict[str, float]] | None = None,
    *,
    mixed_up: float = 0.0,
) -> Night:
    """Train on everything up to a time and make lists.

    Args:
        seed: Of the world.
        end: The time.
        recipe: The recommender and its settings.
        asked: The histories; those of the sample where they are left out.
        mixed_up: The share of the plays that are booked on other tracks.
    """
    world = weeks.world(seed)
    rows = world.until(end, 3 * 365)
    if mixed_up:
        rows = weeks.tastes_move(mixed_up)(rows, world, np.random.default_rng(seed))
    rows = rows.append_column(c.SOURCE, pa.array([ORIGIN.source] * rows.num_rows))
    tables = Tables(InteractionTable(rows), world.tracks, PlaylistTable.empty())
    with TemporaryDirectory() as folder:
        verdict = Verdict(subject=fingerprint(tables), suite="none", checked=1)
        snapshot = write_snapshot(Path(folder), tables, verdict, (ORIGIN,))
        dataset = build_dataset(snapshot, TrainingConfig())
        model = build(*recipe).fit(TrainingData(dataset.histories, dataset.items, dataset.times))
        bundle = write_bundle(Path(folder), model, dataset, lineage={}, figures={})
        histories = asked or sample_of(bundle, RULES)
        most_played = [str(bundle.tracks[int(track)]) for track in bundle.by_popularity[: RULES.k]]
        popular = popular_tracks(bundle, RULES.head)
        return Night(histories, lists_for(bundle, histories, RULES.k), len(bundle.tracks), most_played, popular)


if __name__ == "__main__":
    main()
