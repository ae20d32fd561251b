"""From which dose each failure of the lab is caught, and how often healthy worlds are held up.

    python -m tests.benchmarks.failure_lab doses | healthy [WORLDS]

The gate, the checks for leaks and the behavioural checks are the real ones; there is no Prefect and no MLflow, so that
many doses fit in minutes. Prints Markdown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipelines.config import BehaviourRules, TrainingConfig
from pipelines.data.accumulate import Joining
from pipelines.data.cleaning import read
from pipelines.data.snapshot import Snapshot
from pipelines.data.snapshot_writing import draft_snapshot
from pipelines.evaluation.behaviour import check_behaviour
from pipelines.evaluation.leakage import look_for_leaks, twin_share
from pipelines.evaluation.run import evaluate, fit_final
from pipelines.evaluation.splitting import make_splits
from pipelines.features.build import build_dataset
from pipelines.features.dataset import Dataset
from pipelines.sources.base import Reading
from pipelines.sources.files import Files, FilesOptions
from pipelines.testing.lab import failures as lab
from pipelines.testing.lab.failures import failure_named
from pipelines.testing.lab.world import Delivery, World, everything
from validation.admission import Trusted, admit
from validation.examination import Examination
from validation.history import Past
from validation.outcome import Judgement
from validation.rules import GateRules

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RULES = GateRules().for_source("files", Reading.POPULATION)
CONFIG = TrainingConfig.from_toml(Path(lab.__file__).with_name("training.toml"))
#: Failure -> its figure at the gate, and the doses.
AT_THE_GATE = {
    "broken-id-map": ("retold_tracks", (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)),
    "drifted-feature-scale": ("upheaval", (0.9, 0.8, 0.7, 0.6, 0.5, 1.2, 1.5, 2.0)),
    "duplicated-export": ("repeated", (0.05, 0.1, 0.25, 1.0)),
    "time-zone-shift": ("clock", (1, 2, 3, 5, 9, 12, -8)),
    "silent-schema-change": ("upheaval", (0.1, 0.2, 0.3, 0.4, 0.5, 1.0)),
    "poisoned-ratings": ("pushed_track", (0.02, 0.05, 0.1, 0.2, 0.3)),
    "label-swap": ("opinions", (0.1, 0.25, 0.5, 0.75, 1.0)),
}
LEAKS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)
FACTORS = (1, 2, 4, 8, 64)


class Home:
    """The accepted batches of one world, as an ingestion keeps them."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._past = folder, Past()
        self.snapshot: Snapshot | None = None

    def accept(self, delivery: Delivery) -> Judgement:
        """Let a delivery in, and compare the next with it."""
        judgement = self.judge(delivery, keep=True)
        self._past = self._past.with_batch(judgement.profile, NOW, keep=RULES.past.keep)
        return judgement

    def judge(self, delivery: Delivery, *, keep: bool = False) -> Judgement:
        """Return what the gate says of a delivery."""
        with TemporaryDirectory(dir=self._folder) as work, draft_snapshot(self._folder / "snapshots") as draft:
            source = Files(FilesOptions(**delivery.write(Path(work) / "in")))
            intake, before = read(source, Path(work)), self.snapshot
            joining = Joining.of("files", Reading.POPULATION, before.readings if before else {})
            trusted = Trusted.of(before)
            examination = Examination(RULES, NOW, lambda _: None, trusted.track_ids(joining))
            admit(intake, joining, trusted, examination, draft)
            judgement, _ = examination.conclude(draft.fingerprint, self._past)
            if keep:
                made = (*(before.provenance if before else ()), source.provenance())
                self.snapshot = draft.publish(judgement.verdict, made, {"files": Reading.POPULATION})
        return judgement


def home_of(world: World, folder: Path) -> Home:
    """Return a home into which the past of a world was let."""
    home = Home(folder)
    for delivery in world.past:
        home.accept(delivery)
    return home


def dataset_of(world: World) -> Dataset:
    """Return what a training on a world reads."""
    with TemporaryDirectory() as folder:
        home = home_of(world, Path(folder))
        home.accept(world.delivery)
        assert home.snapshot is not None
        return build_dataset(home.snapshot, CONFIG)


def doses() -> Iterator[str]:
    """Yield a table: failure, dose, what is found, and whether it is caught."""
    yield "| failure | dose | found | caught |\n|---|---:|---|---|"
    world = everything().world
    with TemporaryDirectory() as folder:
        home = home_of(world, Path(folder))
        for name, (figure, some) in AT_THE_GATE.items():
            for dose in some:
                yield _at_the_gate(name, figure, dose, home.judge(failure_named(name).inject(world, 7, dose).delivery))
    yield from _leaks(world)
    yield from _collapses(world)


def healthy(worlds: int) -> Iterator[str]:
    """Yield how many healthy deliveries of how many worlds were stopped or warned about."""
    stopped, warned, total = 0, 0, 0
    for seed in range(1, worlds + 1):
        whole = everything(seed)
        with TemporaryDirectory() as folder:
            home = home_of(whole.world, Path(folder))
            for delivery in (whole.world.delivery, whole.still_to_come):
                verdict = home.judge(delivery).verdict
                total, stopped = total + 1, stopped + (not verdict.passed)
                warned += bool(verdict.findings)
                for finding in verdict.findings:
                    print(f"seed {seed}: {finding}", file=sys.stderr)
    yield f"{total} healthy deliveries of {worlds} worlds: {stopped} stopped, {warned} with a finding"


def _at_the_gate(name: str, figure: str, dose: float, judgement: Judgement) -> str:
    section = "batch" if figure in judgement.figures else "history"
    rule = next(each for each in RULES.expectations(section) if each.reads == figure)
    mine = [finding for finding in judgement.verdict.findings if finding.expectation == rule.words]
    found = judgement.figures.get(figure)
    words = mine[0].example if mine else "-" if found is None else f"{found:.3f}"
    verdict = "stopped" if mine and not judgement.verdict.passed else "told" if mine else "no"
    return f"| {name} | {dose:g} | {figure} {words} | {verdict} |"


def _leaks(world: World) -> Iterator[str]:
    for dose in (0.0, *LEAKS):
        dataset = dataset_of(failure_named("leaked-test-rows").inject(world, 7, dose))
        splits = make_splits(dataset, CONFIG.evaluation)
        share = twin_share(look_for_leaks(split, dataset.histories, CONFIG.evaluation.seed) for split in splits)
        accuracy = _accuracy(CONFIG, dataset)
        yield f"| leaked-test-rows | {dose:g} | twins {share:.3f}, nDCG@10 {accuracy:.3f} | {_yes(share > 0.02)} |"


def _collapses(world: World) -> Iterator[str]:
    dataset = dataset_of(world)
    for factors in FACTORS:
        collapsed = TrainingConfig.from_toml(Path(lab.__file__).with_name("collapsed-1.toml"))
        candidate = collapsed.candidates[0].model_copy(update={"params": {"factors": factors}})
        config = collapsed.model_copy(update={"candidates": (candidate,)})
        model, _ = fit_final(candidate, dataset, config.evaluation)
        checks = {each.name: each for each in check_behaviour(model, dataset, BehaviourRules(), 7)}
        check, accuracy = checks["personal_lists"], _accuracy(config, dataset)
        words = f"lists shared {check.figure:.3f}, nDCG@10 {accuracy:.3f}"
        yield f"| popularity-in-disguise | {factors} | {words} | {_yes(check.passed is False)} |"


def _accuracy(config: TrainingConfig, dataset: Dataset) -> float:
    """Return the mean nDCG@10 of the last candidate."""
    splits = make_splits(dataset, config.evaluation)
    results = [evaluate(config.candidates[-1], dataset, split, config.evaluation) for split in splits]
    return float(np.nanmean(np.concatenate([result.users["ndcg@10"].to_numpy() for result in results])))


def _yes(caught: bool) -> str:
    return "refused" if caught else "no"


if __name__ == "__main__":
    task = sys.argv[1] if len(sys.argv) > 1 else "doses"
    for line in healthy(int(sys.argv[2]) if len(sys.argv) > 2 else 20) if task == "healthy" else doses():
        print(line, flush=True)
