"""What the Yambda files cost on one machine: generated ones of the same layout and proportions, by stage.

    python tests/benchmarks/yambda.py [--millions 1 4]

Each size has the proportions of Yambda-50M: 5,000 listens a listener, and a track for each 50 listens. The folder is
written, read by the real ingestion, and a SLIM-ridge is measured under the protocol "global-time", each stage in a
process of its own. Processor time counts all threads; memory is the largest resident size of the stage's process. The
last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from flows.work_time import peak_memory_mb
from pipelines.config import CandidateConfig, EvaluationRules, MatrixRules, PreferenceRules, TrainingConfig
from pipelines.testing.yambda import write_yambda

_LISTENS_A_LISTENER, _LISTENS_A_TRACK = 5_000, 50
_MILLION = 1_000_000
#: Those of docs/how-to/yambda.md.
_CONFIG = TrainingConfig(
    preferences=PreferenceRules(min_play_ms=0),
    matrix=MatrixRules(core=2),
    evaluation=EvaluationRules(protocols=("global-time",), primary="global-time", cutoffs=(10, 50, 100)),
)

Row = dict[str, Any]


def main() -> None:
    """Print a row for each size and stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 4])
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        stage, folder = arguments.child
        told = {"ingest": _ingest, "train": _train}[stage](Path(folder))
        figures = {"processor seconds": time.process_time(), "peak MB": peak_memory_mb()}
        print(json.dumps(told | figures))
        return
    rows = [row for millions in arguments.millions for row in _size(int(millions * _MILLION))]
    print(json.dumps(rows))


def _size(listens: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_yambda(
            folder / "yambda",
            listeners=listens // _LISTENS_A_LISTENER,
            tracks=listens // _LISTENS_A_TRACK,
            listens=listens,
        )
        return [_stage(stage, folder) for stage in ("ingest", "train")]


def _stage(stage: str, folder: Path) -> Row:
    environment = os.environ | {"CROSSFADE_HOME": str(folder / "home")}
    command = [sys.executable, str(Path(__file__).resolve()), "--child", stage, str(folder)]
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    told: Row = json.loads(done.stdout.splitlines()[-1])
    row = {"stage": stage, **told, "seconds": time.perf_counter() - began}
    print(row, file=sys.stderr, flush=True)
    return row


def _ingest(folder: Path) -> Row:
    from flows.cli.story import flow_session
    from flows.ingestion import ingest
    from flows.settings import load_settings

    with flow_session(load_settings().settings):
        summary = ingest("yambda", {"archive": str(folder / "yambda")})
    return {"interactions": summary.rows["interactions"], "tracks": summary.rows["tracks"]}


def _train(folder: Path) -> Row:
    from flows.latest import latest_snapshot
    from pipelines.evaluation.run import evaluate
    from pipelines.evaluation.splitting import make_splits
    from pipelines.features.build import build_dataset
    from pipelines.home import Home

    snapshot = latest_snapshot(Home(folder / "home"))
    dataset = build_dataset(snapshot, _CONFIG)
    (split,) = make_splits(dataset, _CONFIG.evaluation)
    candidate = CandidateConfig(name="slim", params={"neighbours": 50})
    found = evaluate(candidate, dataset, split, _CONFIG.evaluation)
    return {
        "interactions": snapshot.rows["interactions"],
        "tracks": len(dataset.tracks),
        "listeners tested": len(split.listeners),
        "ndcg@10": float(found.users["ndcg@10"].mean()),
    }


if __name__ == "__main__":
    main()
