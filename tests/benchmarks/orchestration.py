"""What Prefect, MLflow and the bookkeeping cost: ``crossfade train`` beside the same work as plain functions.

    python tests/benchmarks/orchestration.py [HOME]

HOME holds a snapshot (``crossfade --home HOME ingest ...``); without one, HetRec 2011 is ingested. Each side is a
process of its own, on a copy of the home: nothing is found done. Both measure two folds at a time on two cores.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.support.real_data import ARCHIVES

#: What the plain side may take over of the home: the data. Not kept results, nor databases of the machinery.
_DATA = ("snapshots", "consents.sqlite3", "matches.csv")


@dataclass(frozen=True)
class Side:
    """One side, from the start of Python to its end.

    Attributes:
        seconds: By the clock.
        processor: Seconds of processor time, of all its processes.
    """

    seconds: float
    processor: float


@dataclass(frozen=True)
class Costs:
    """Both sides.

    Attributes:
        orchestrated: ``crossfade train``.
        plain: The same fits, evaluations, learning curves, reports, behaviour checks and bundle.
    """

    orchestrated: Side
    plain: Side


def compare(home: Path) -> Costs:
    """Train both ways on the latest snapshot of a home folder, which stays as it is."""
    crossfade = Path(sys.executable).with_name("crossfade")
    here = Path(__file__).resolve()
    return Costs(
        orchestrated=_timed([str(crossfade), "train"], home),
        plain=_timed([sys.executable, str(here), "--plain"], home),
    )


def train_plainly(home_folder: Path) -> None:
    """Do what a training does, one function after the other."""
    from pipelines.config import TrainingConfig
    from pipelines.data.snapshot import read_snapshot
    from pipelines.evaluation.behaviour import check_behaviour
    from pipelines.evaluation.learning import learning_curve
    from pipelines.evaluation.report import best, build_reports, leaderboard, paired_tests, save_reports
    from pipelines.evaluation.run import evaluate, fit_final
    from pipelines.evaluation.segments import listener_segments
    from pipelines.evaluation.splitting import UNSEEN_USERS, make_splits
    from pipelines.features.build import build_dataset
    from pipelines.home import Home
    from pipelines.release.bundle import write_bundle

    home, config = Home(home_folder), TrainingConfig()
    snapshot = read_snapshot(home.snapshots / home.latest_snapshot.read_text(encoding="utf-8").strip())
    dataset = build_dataset(snapshot, config)
    splits, rules = make_splits(dataset, config.evaluation), config.evaluation
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        pairs = [(candidate, split) for candidate in config.candidates for split in splits]
        results = list(pool.map(lambda pair: evaluate(pair[0], dataset, pair[1], rules), pairs))
    reports = build_reports(results, rules, listener_segments(dataset))
    leaderboard(reports)
    paired_tests(reports, rules.primary, rules)
    first = next(split for split in splits if split.protocol == UNSEEN_USERS)
    for report in reports:
        if report.protocol == UNSEEN_USERS:
            learning_curve(report.candidate, report.params[0], dataset, first, rules)
    winner = best(reports, rules.primary).candidate
    chosen = next(candidate for candidate in config.candidates if candidate.name == winner)
    model, _ = fit_final(chosen, dataset, rules)
    write_bundle(home.bundles, model, dataset, lineage={}, figures={})
    check_behaviour(model, dataset, config.behaviour, rules.seed)
    save_reports(home.reports / "plain", reports)


def _timed(command: list[str], home: Path) -> Side:
    with tempfile.TemporaryDirectory() as folder:
        for name in _DATA:
            if (home / name).is_dir():
                shutil.copytree(home / name, Path(folder) / name)
            elif (home / name).is_file():
                shutil.copy(home / name, Path(folder) / name)
        started, before = perf_counter(), _processor()
        subprocess.run(command, check=True, capture_output=True, env=os.environ | {"CROSSFADE_HOME": folder})
        return Side(perf_counter() - started, _processor() - before)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def hetrec(folder: str) -> Path:
    """Ingest HetRec 2011 into a home folder and return it."""
    data = Path(os.environ.get("CROSSFADE_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    archive = str(data / ARCHIVES["hetrec-lastfm"])
    crossfade = str(Path(sys.executable).with_name("crossfade"))
    command = [crossfade, "--home", folder, "ingest", "hetrec-lastfm", "--archive", archive]
    subprocess.run(command, check=True, capture_output=True)
    return Path(folder)


def main() -> None:
    """Compare, or be the plain side."""
    if sys.argv[1:] == ["--plain"]:
        train_plainly(Path(os.environ["CROSSFADE_HOME"]))
        return
    with tempfile.TemporaryDirectory() as folder:
        costs = compare(Path(sys.argv[1]) if sys.argv[1:] else hetrec(folder))
    rows = [
        {"unit": name, "crossfade train": one, "plain functions": other, "ratio": one / other}
        for name, one, other in (
            ("seconds", costs.orchestrated.seconds, costs.plain.seconds),
            ("processor seconds", costs.orchestrated.processor, costs.plain.processor),
        )
    ]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
