"""From which dose each failure of the lab is caught, what it does unguarded, and how often healthy worlds are held up.

    python -m tests.benchmarks.failure_lab doses | harm | healthy [WORLDS]

The gate, the checks for leaks and the behavioural checks are the real ones; there is no Prefect and no MLflow, so that
many doses fit in minutes. Prints Markdown.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from pipelines.config import BehaviourRules, TrainingConfig
from pipelines.data.accumulate import Changes, Joining
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
from pipelines.testing.lab.failures import failure_named
from pipelines.testing.lab.world import TRAINING, Delivery, World, healthy_world
from validation.admission import Trusted, admit
from validation.examination import Examination
from validation.history import Past
from validation.kinds import Action
from validation.outcome import Judgement
from validation.rules import SECTIONS, GateRules, SourceRules

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RULES = GateRules().for_source("files", Reading.POPULATION)
#: The same, with nothing that stops.
UNGUARDED = RULES.model_copy(
    update={
        section: getattr(RULES, section).model_copy(
            update={
                each.reads: each.rule.model_copy(update={"action": Action.WARN})
                for each in RULES.expectations(section)
                if each.rule.action is Action.STOP
            }
        )
        for section in ("batch", "history")
    }
)
CONFIG = TrainingConfig(**tomllib.loads(TRAINING))
#: Failure -> the doses.
AT_THE_GATE = {
    "broken-id-map": (0.05, 0.1, 0.2, 0.25, 0.5, 1.0),
    "drifted-feature-scale": (0.9, 0.8, 0.7, 0.6, 0.5, 1.2, 1.5, 2.0),
    "duplicated-export": (0.05, 0.1, 0.25, 1.0),
    "time-zone-shift": (1, 2, 3, 5, 9, 12, -8),
    "silent-schema-change": (0.05, 0.1, 0.2, 0.3, 0.5, 1.0),
    "poisoned-ratings": (0.02, 0.05, 0.1, 0.2, 0.3),
    "label-swap": (0.1, 0.25, 0.5, 0.75, 1.0),
}
LEAKS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5)
FACTORS = (1, 2, 4, 8, 64)


class Home:
    """The accepted batches of one world, as an ingestion keeps them."""

    def __init__(self, folder: Path, rules: SourceRules = RULES) -> None:
        self._folder, self._past, self._rules = folder, Past(), rules
        self.changes = Changes()
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
            examination = Examination(self._rules, NOW, lambda _: None, trusted.track_ids(joining))
            self.changes = admit(intake, joining, trusted, examination, draft).changes["interactions"]
            judgement, _ = examination.conclude(draft.fingerprint, self._past)
            if keep:
                made = (*(before.provenance if before else ()), source.provenance())
                self.snapshot = draft.publish(judgement.verdict, made, {"files": Reading.POPULATION})
        return judgement


def home_of(world: World, folder: Path, rules: SourceRules = RULES) -> Home:
    """Return a home into which the past of a world was let."""
    home = Home(folder, rules)
    for delivery in world.past:
        home.accept(delivery)
    return home


def dataset_of(world: World) -> Dataset:
    """Return what a training on a world reads where no guard stands."""
    with TemporaryDirectory() as folder:
        home = home_of(world, Path(folder), UNGUARDED)
        home.accept(world.delivery)
        assert home.snapshot is not None
        return build_dataset(home.snapshot, CONFIG)


def doses() -> Iterator[str]:
    """Yield a table: failure, dose, what is found, and whether it is caught."""
    yield "| failure | dose | found | caught |\n|---|---:|---|---|"
    world = healthy_world()
    with TemporaryDirectory() as folder:
        home = home_of(world, Path(folder))
        for name, some in AT_THE_GATE.items():
            for dose in some:
                yield _at_the_gate(name, dose, home.judge(failure_named(name).inject(world, 7, dose).delivery))
    yield from _leaks(world)
    yield from _collapses(world)


def healthy(worlds: int) -> Iterator[str]:
    """Yield how many healthy deliveries of how many worlds were stopped or warned about."""
    stopped, warned, total = 0, 0, 0
    for seed in range(1, worlds + 1):
        world = healthy_world(seed)
        with TemporaryDirectory() as folder:
            home = home_of(world, Path(folder))
            for delivery in (world.delivery, world.to_come):
                verdict = home.judge(delivery).verdict
                total, stopped = total + 1, stopped + (not verdict.passed)
                warned += bool(verdict.findings)
                for finding in verdict.findings:
                    print(f"seed {seed}: {finding}", file=sys.stderr)
    yield f"{total} healthy deliveries of {worlds} worlds: {stopped} stopped, {warned} with a finding"


def harm() -> Iterator[str]:
    """Yield what failures do to a training and to lists where no guard stands."""
    world = healthy_world()
    healthy = dataset_of(world)
    yield f"healthy: {_facts(healthy)}"
    for name in ("broken-id-map", "drifted-feature-scale", "silent-schema-change", "poisoned-ratings", "label-swap"):
        spoilt = failure_named(name).inject(world, 7)
        dataset = dataset_of(spoilt)
        yield f"{name}: {_facts(dataset)}"
        if name == "poisoned-ratings":
            fakes = spoilt.delivery.interactions.slice(world.delivery.interactions.num_rows)
            counts = pc.value_counts(fakes["track_id"])
            target = counts.field("values")[int(np.argmax(counts.field("counts").to_numpy()))].as_py()
            places = [_shown_to(each, target) for each in (healthy, dataset)]
            yield f"  the pushed track stands in {places[0]:.1%} of the lists before and in {places[1]:.1%} after"
    with TemporaryDirectory() as folder:
        home = home_of(world, Path(folder), UNGUARDED)
        home.accept(failure_named("time-zone-shift").inject(world, 7).delivery)
        home.accept(world.delivery)
        yield f"time-zone-shift: of the same delivery read again with the right times, {home.changes}"
    later = failure_named("stale-champion").inject(world, 7).later
    assert later is not None
    plays = later.interactions.filter(pc.equal(later.interactions["kind"], "play"))
    known = pc.is_in(plays["track_id"], value_set=pa.array(healthy.tracks.ids.tolist()))
    listeners = pc.is_in(plays["user_id"], value_set=pa.array(healthy.users.ids.tolist()))
    shares = [1 - pc.mean(each.cast(pa.float64())).as_py() for each in (known, listeners)]
    yield f"stale-champion: {shares[0]:.1%} of the plays are of tracks it cannot show, {shares[1]:.1%} by strangers"


def _facts(dataset: Dataset) -> str:
    return f"{dataset.histories.nnz:,} preferences, nDCG@10 {_accuracy(CONFIG, dataset):.3f}"


def _shown_to(dataset: Dataset, track: str) -> float:
    """Return the share of the real listeners whose list of ten holds a track."""
    place = int(dataset.tracks.indices([track])[0])
    real = np.array([not str(each).startswith("fake-") for each in dataset.users.ids])
    model, _ = fit_final(CONFIG.candidates[-1], dataset, CONFIG.evaluation)
    lists = model.recommend(sp.csr_array(dataset.histories[np.flatnonzero(real)]), 10).indices
    return float((lists == place).any(axis=1).mean()) if place >= 0 else 0.0


def _at_the_gate(name: str, dose: float, judgement: Judgement) -> str:
    rules = {each.words: each for section in SECTIONS for each in RULES.expectations(section)}
    findings = [(rules[finding.expectation], finding) for finding in judgement.verdict.findings]
    found = [f"{rule.reads} {finding.example}" for rule, finding in findings]
    caught = any(
        f"gate: {rule.name}" in failure_named(name).guards and finding.severity == "stop" for rule, finding in findings
    )
    verdict = "stopped" if caught else "warned" if found else "no"
    return f"| {name} | {dose:g} | {'; '.join(found)} | {verdict} |"


def _leaks(world: World) -> Iterator[str]:
    for dose in (0.0, *LEAKS):
        dataset = dataset_of(failure_named("leaked-test-rows").inject(world, 7, dose))
        splits = make_splits(dataset, CONFIG.evaluation)
        share = twin_share(look_for_leaks(split, dataset.histories, CONFIG.evaluation.seed) for split in splits)
        accuracy = _accuracy(CONFIG, dataset)
        yield f"| leaked-test-rows | {dose:g} | twins {share:.4f}, nDCG@10 {accuracy:.3f} | {_yes(share > 0.02)} |"


def _collapses(world: World) -> Iterator[str]:
    dataset = dataset_of(world)
    for factors in FACTORS:
        collapsed = failure_named("popularity-in-disguise").inject(world, 7, factors)
        config = TrainingConfig(**tomllib.loads(collapsed.training))
        candidate = config.candidates[-1]
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
    tasks = {"doses": doses, "harm": harm}
    for line in healthy(int(sys.argv[2]) if len(sys.argv) > 2 else 20) if task == "healthy" else tasks[task]():
        print(line, flush=True)
