"""What each stage takes of one machine, at several small sizes: what the other programs beside this one do not say.

    python tests/benchmarks/capacity.py [--stages gate fit evaluation sample lists store] [--keep FILE ...]

Every measurement runs in a process of its own, over a world with a seed. Processor time is of the work alone, memory is
the most the whole process held, the making of the world included. Rows are kept in figures/capacity.json; those of the
same stage, engine, source and size are replaced. ``--keep`` takes over what ``spark.py`` wrote into files.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from flows.work_time import peak_memory_mb
from pipelines.atomic import write_text
from pipelines.home import Home
from pipelines.recommenders.base import TrainingData
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.testing.benchmark.words import machine
from pipelines.testing.capacity.worlds import products_of
from pipelines.testing.long_tail import long_tailed

ROOT = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).parent / "figures" / "capacity.json"
_NEIGHBOURS, _K, _MIB = 50, 100, 1.048576
_HERE = "tests/benchmarks/capacity.py"
#: Where the worlds of spark.py come from: plays a track, tracks a listener.
_PLAYS_A_TRACK, _TRACKS_A_LISTENER = 20, 2.5

Row = dict[str, Any]


def gate(plays: int) -> Row:
    """Judge a snapshot of single plays, file by file."""
    from flows.settings import load_settings
    from flows.validating import judge_snapshot
    from tests.benchmarks.spark import write_plays

    with tempfile.TemporaryDirectory() as name:
        snapshot = write_plays(Path(name), plays)
        settings = load_settings({"home": str(Path(name) / "home")}).settings
        before = process_time()
        judge_snapshot(snapshot, settings)
        return {"plays": snapshot.rows["interactions"], "tracks": snapshot.rows["tracks"]} | _since(before)


def fit(tracks: int, listeners: int, plays: int) -> Row:
    """Fit SLIM-ridge of 50 neighbours; how long the histories are is what these worlds differ in."""
    histories = long_tailed(tracks, listeners, plays)
    row = {"plays": plays, "tracks": tracks, "listeners": listeners}
    row |= {"pairs": histories.nnz, "products": products_of(histories)}
    before = process_time()
    Slim(SlimConfig(neighbours=_NEIGHBOURS)).fit(TrainingData(histories))
    return row | _since(before)


def evaluation(tracks: int, listeners: int) -> Row:
    """Rank the catalogue for every listener, as on a fold, and measure the lists."""
    from pipelines.evaluation.metrics import ranking_metrics
    from pipelines.evaluation.run import rank

    train, given = (long_tailed(tracks, n, 20 * n, seed) for seed, n in enumerate((tracks // 2, listeners)))
    held_out = long_tailed(tracks, listeners, 5 * listeners, seed=2)
    model = Slim(SlimConfig(neighbours=_NEIGHBOURS)).fit(TrainingData(train))
    before = process_time()
    ranking_metrics(rank(model, given, held_out, _K).lists, held_out, (10, 20, _K))
    sizes = {"tracks": tracks, "listeners": listeners, "tested": listeners, "scores": tracks * listeners}
    return sizes | _since(before)


def sample(tracks: int, listeners: int, most: int) -> Row:
    """Measure SLIM-ridge on one fold of unseen listeners as a training does, all of them tested or only some.

    Args:
        tracks: Tracks of the world, which has 20 plays for each.
        listeners: Its listeners.
        most: How many the fold tests at most; 0 for everybody.
    """
    from dataclasses import replace

    from pipelines.config import CandidateConfig, EvaluationRules
    from pipelines.evaluation.report import PRIMARY_METRIC, build_reports
    from pipelines.evaluation.run import evaluate
    from pipelines.evaluation.splitting import make_splits
    from pipelines.testing.worlds import two_tastes_dataset

    plays = _PLAYS_A_TRACK * tracks
    histories = long_tailed(tracks, listeners, plays)
    dataset = replace(two_tastes_dataset(), histories=histories, ratings=histories, items={})
    rules = EvaluationRules(protocols=("unseen-users",), listeners=most or None)
    split = make_splits(dataset, rules)[0]
    before = process_time()
    result = evaluate(CandidateConfig(name="slim", params={"neighbours": _NEIGHBOURS}), dataset, split, rules)
    took = _since(before)
    found = build_reports([result], rules)[0].metrics[PRIMARY_METRIC]
    sizes = {"plays": plays, "tracks": tracks, "listeners": listeners, "tested": len(split.listeners)}
    return sizes | took | {"mean": found.mean, "low": found.low, "high": found.high}


def lists(tracks: int, listeners: int) -> Row:
    """Write lists of a hundred tracks for everybody, from a bundle on disk to finished shards."""
    from pipelines.release.batch_listeners import BatchListeners
    from pipelines.release.bundle import read_bundle
    from pipelines.release.shards import BatchRun, finish, write_shard
    from pipelines.testing.large_bundles import write_large_bundle

    with tempfile.TemporaryDirectory() as name:
        path = write_large_bundle(Path(name), tracks, neighbours=_NEIGHBOURS, n_listeners=listeners).path
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        before = process_time()
        bundle = read_bundle(path)
        everybody = BatchListeners.of_bundle(bundle)
        run = BatchRun.of(Path(name) / "lists", bundle, everybody, _K, None)
        for shard in range(run.shards):
            write_shard(run, shard, bundle, everybody, lambda users: np.zeros(len(users), dtype=bool))
        written = finish(run, {})["bytes"]
        row = {"tracks": tracks, "listeners": listeners, "bundle MB": size / 1e6, "written MB": written / 1e6}
        return row | _since(before)


def store(events: int) -> Row:
    """Append events one by one to SQLite, each on disk before the next."""
    from datetime import UTC, datetime, timedelta

    from pipelines.data.feedback import Event
    from pipelines.store.database import Database
    from pipelines.store.events import EventLog
    from pipelines.store.migrating import bring_up_to_date
    from pipelines.store.times import moment

    start = datetime(2026, 1, 1, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as name:
        database = Database.of(Home(Path(name)))
        bring_up_to_date(database)
        log, before = EventLog(database), process_time()
        for number in range(events):
            at = moment(start + timedelta(seconds=number))
            log.append(
                [Event(f"listener-{number % 97}", f"event-{number:08d}", "like", at, f"track:{number % 1009:07d}")]
            )
        row = _since(before)
        database.close()
        return {"events": events, "store MB": sum(f.stat().st_size for f in Path(name).rglob("*.sqlite3*")) / 1e6} | row


STAGES: Mapping[str, Callable[..., Row]] = {
    "gate": gate,
    "fit": fit,
    "evaluation": evaluation,
    "sample": sample,
    "lists": lists,
    "store": store,
}
SIZES: Mapping[str, tuple[tuple[int, ...], ...]] = {
    "gate": ((125_000,), (250_000,), (500_000,), (1_000_000,), (2_000_000,)),
    "fit": (
        (10_000, 500, 100_000),
        (10_000, 500, 400_000),
        (20_000, 1_000, 400_000),
        (40_000, 2_000, 800_000),
        (20_000, 500, 800_000),
        (150_000, 10_000, 500_000),
        (10_000, 40_000, 2_000_000),
    ),
    "evaluation": (
        (10_000, 4_000),
        (10_000, 16_000),
        (20_000, 4_000),
        (40_000, 2_000),
        (40_000, 4_000),
        (80_000, 4_000),
        (100_000, 10_000),
        (200_000, 20_000),
    ),
    "sample": ((50_000, 20_000, 0), (50_000, 20_000, 500), (200_000, 80_000, 0), (200_000, 80_000, 500)),
    "lists": ((25_000, 10_000), (25_000, 40_000), (50_000, 20_000), (100_000, 80_000), (200_000, 40_000)),
    "store": ((250,), (500,), (1_000,), (2_000,)),
}


def main() -> None:
    """Measure the stages that are named, or all, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", nargs="*", choices=list(STAGES), default=[])
    parser.add_argument("--keep", nargs="*", type=Path, default=[], help="files of spark.py to take rows from")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        stage, *size = arguments.child.split(",")
        print(json.dumps(STAGES[stage](*map(int, size))))
        return
    for path in arguments.keep:
        keep([row for told in json.loads(path.read_text(encoding="utf-8"))["rows"] for row in rows_of_engine(told)])
    for stage in arguments.stages or ([] if arguments.keep else list(STAGES)):
        for size in SIZES[stage]:
            row = {"stage": stage, "engine": "local", "source": _HERE} | _child(stage, size)
            print(json.dumps(row), flush=True)
            keep([row])


def rows_of_engine(told: Row) -> list[Row]:
    """Return the rows of one measurement of spark.py: plays to preferences, and the fit with what an engine costs.

    The peak is of both stages together; it is told for the fit, which holds the more.
    """
    tracks = told["plays"] // _PLAYS_A_TRACK
    stages = {name: took["processor seconds"] for name, took in told["stages"].items()}
    world = {"plays": told["plays"], "tracks": told["tracks"], "listeners": int(tracks / _TRACKS_A_LISTENER)}
    head = {"engine": told["engine"], "source": "tests/benchmarks/spark.py"} | world
    fitted = {"processor seconds": stages["all"] - stages["read"], "peak MB": told["peak MiB"] * _MIB}
    read = {"stage": "features", "processor seconds": stages["read"]}
    return [head | read, head | {"stage": "fit", "pairs": told["pairs"]} | fitted]


def measured() -> list[Row]:
    """Return the rows that are kept: stage, engine, source, sizes, processor seconds, peak MB."""
    rows: list[Row] = json.loads(FIGURES.read_text(encoding="utf-8"))["rows"] if FIGURES.exists() else []
    return rows


def keep(rows: list[Row]) -> None:
    """Keep rows beside those that are there; one of the same world is replaced."""
    before = measured()
    merged = {_world(row): row for row in [*before, *rows]}
    in_order = [merged[key] for key in sorted(merged)]
    lines = ",\n  ".join(json.dumps(row) for row in in_order)
    write_text(FIGURES, f'{{\n "machine": {json.dumps(machine())},\n "rows": [\n  {lines}\n ]\n}}\n')


def _world(row: Row) -> tuple[Any, ...]:
    sizes = tuple(row.get(name, 0) for name in ("plays", "tracks", "listeners", "tested", "events"))
    return (row["stage"], row["engine"], row["source"], *sizes)


def _child(stage: str, size: tuple[int, ...]) -> Row:
    """Measure in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", ",".join([stage, *map(str, size)])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    row: Row = json.loads(done.stdout.splitlines()[-1])
    return row


def _since(before: float) -> Row:
    return {"processor seconds": process_time() - before, "peak MB": peak_memory_mb()}


if __name__ == "__main__":
    main()
