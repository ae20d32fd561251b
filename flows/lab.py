"""The failure lab: each failure is injected into a copy of a small world, and the real flows say who catches it.

Worlds and failures are data (``pipelines.testing.lab``). What runs is what runs in earnest: ``ingest``, ``train`` and
``promote`` on a Prefect server inside this process, the gate with its past, the promotion policy, ``doctor``. The
undisturbed world goes first and has to pass every guard. No home folder but the lab's own is touched.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prefect import flow, tags

from flows.alarming import rehearsal
from flows.contract import gate_rules
from flows.health import champion_finding
from flows.ingestion import ingest
from flows.latest import latest_snapshot
from flows.progress import tell
from flows.promoting import promote
from flows.sandbox import sandbox_variables
from flows.settings import Settings, load_settings
from flows.training import train
from pipelines.atomic import write_text
from pipelines.data import deduplication
from pipelines.data.reading import Reading
from pipelines.environment import variables_set
from pipelines.errors import GateRefusedError
from pipelines.home import Home
from pipelines.testing.lab.account import Guard, LabAccount, Outcome, Result
from pipelines.testing.lab.failures import Failure, failure_named
from pipelines.testing.lab.world import Delivery, World, healthy_world
from validation.rules import SECTIONS

_CONFIGURATION: Final = Path(__file__).resolve().parents[1] / "pipelines" / "testing" / "lab"
_SEED: Final = 7
#: What a copy of a home folder goes without: the runs of Prefect and MLflow are those of the whole visit.
_SHARED: Final = shutil.ignore_patterns("prefect", "mlflow.db*", "mlartifacts")


@contextmanager
def lab_settings(folder: Path) -> Iterator[Settings]:
    """Give the settings of the lab, in which everything lies below one folder.

    Args:
        folder: Where homes and deliveries go; the first home, ``healthy``, also keeps the runs of Prefect and MLflow.
    """
    home = Home((folder / "healthy").resolve())
    names = {
        "CROSSFADE_TRAINING": str(_CONFIGURATION / "training.toml"),
        "CROSSFADE_POLICY": str(_CONFIGURATION / "policy.toml"),
    }
    with variables_set(sandbox_variables(home) | names), rehearsal():
        yield load_settings().settings


@flow(name="lab", flow_run_name="failure lab")
def run_lab(names: list[str]) -> LabAccount:
    """Let the undisturbed world and then each failure happen, in the settings of ``lab_settings``.

    The runs below this one bear the name of the failure as their tag.

    Args:
        names: Which failures.

    Raises:
        ConfigError: There is no such failure.
    """
    began = time.perf_counter()
    visit, chosen = _Visit(load_settings().settings.layout), [failure_named(name) for name in names]
    with tags("control"):
        control = visit.control(trains=any(failure.needs_model for failure in chosen))
    outcomes = []
    for failure in chosen:
        with tags(failure.name):
            outcomes.append(visit.run(failure))
    return LabAccount(control, tuple(outcomes), time.perf_counter() - began)


class _Visit:
    """The homes of one visit to the lab.

    Args:
        healthy: The home in which nothing goes wrong.
    """

    def __init__(self, healthy: Home) -> None:
        self._healthy = healthy
        self._folder = healthy.root.parent
        self._before = Home(self._folder / "before")
        self._world = healthy_world()

    def control(self, *, trains: bool) -> Outcome:
        """Let the undisturbed delivery come; before it does, keep a copy of the home."""
        began = time.perf_counter()
        tell("control", "the undisturbed world")
        for number, delivery in enumerate(self._world.past):
            ingest("files", delivery.write(self._folder / "deliveries" / f"past-{number}"))
        shutil.copytree(self._healthy.root, self._before.root, ignore=_SHARED)
        result, fired = self._live_through(self._world, self._healthy, trains=trains)
        return Outcome(None, result, fired, str(self._healthy.root), time.perf_counter() - began)

    def run(self, failure: Failure) -> Outcome:
        """Let one failure happen in a home of its own."""
        began = time.perf_counter()
        tell("failure", failure.title)
        world = failure.inject(self._world, _SEED)
        home = Home(self._folder / failure.name)
        shutil.copytree((self._healthy if world.later else self._before).root, home.root, ignore=_SHARED)
        training = self._folder / "deliveries" / failure.name / "training.toml"
        write_text(training, world.training)
        names = {
            "CROSSFADE_HOME": str(home.root),
            "CROSSFADE_STORE_URL": f"sqlite:///{home.events}",
            "CROSSFADE_TRAINING": str(training),
        }
        with variables_set(names):
            result, fired = self._live_through(world, home, trains=True)
        return Outcome(failure, result, fired, str(home.root), time.perf_counter() - began)

    def _live_through(self, world: World, home: Home, *, trains: bool) -> tuple[Result, tuple[Guard, ...]]:
        """Take a delivery as far as the guards let it, and return how far that is."""
        if world.later is not None:
            fired = self._take_in(world.later, home)
            told = _told_by_the_doctor()
            return ("told" if told else "got through"), (*fired, *told)
        fired = self._take_in(world.delivery, home)
        if any(guard.holds and guard.name.startswith("gate") for guard in fired):
            return "stopped", fired
        if self._is_as_healthy(home) and fired:
            return "put right", fired
        if not trains:
            return "got through", fired
        fired = (*fired, *_refusals(home), *_told_by_the_doctor())
        return ("refused" if any(guard.name.startswith("promotion") for guard in fired) else "got through"), fired

    def _take_in(self, delivery: Delivery, home: Home) -> tuple[Guard, ...]:
        """Ingest a delivery and return the guards of the data that fired."""
        try:
            summary = ingest("files", delivery.write(self._folder / "deliveries" / home.root.name))
        except GateRefusedError:
            return _gate_findings(home)
        merged = summary.tables["interactions"].merged.get(deduplication.SAME_EVENT, 0)
        words = f"{merged:,} rows repeated an event of another row and were merged with it"
        same = (Guard("cleaning: the same event", words, holds=self._is_as_healthy(home)),) if merged else ()
        return (*same, *_gate_findings(home))

    def _is_as_healthy(self, home: Home) -> bool:
        """Tell whether a home has come to the same data as the healthy one."""
        if home.root == self._healthy.root:
            return False
        return latest_snapshot(home).snapshot_id == latest_snapshot(self._healthy).snapshot_id


def _gate_findings(home: Home) -> tuple[Guard, ...]:
    """Return what the newest Data Docs say was not as expected."""
    rules = gate_rules(load_settings().settings).for_source("files", Reading.POPULATION)
    names = {each.words: each.name for section in SECTIONS for each in rules.expectations(section)}
    summaries = [json.loads(path.read_text(encoding="utf-8")) for path in home.data_docs.glob("*/summary.json")]
    newest = max(summaries, key=lambda summary: str(summary["checked_at"]))
    return tuple(
        Guard(
            name=f"gate: {names[finding['expectation']]}",
            words=f"{finding['table']}: expected {finding['expectation']}, found {finding['example']}",
            holds=finding["severity"] == "stop",
        )
        for finding in newest["findings"]
    )


def _refusals(home: Home) -> tuple[Guard, ...]:
    """Train and decide, and return the rules of the policy that refuse."""
    summary = promote(train(latest_snapshot(home).snapshot_id).record.training_id)
    return tuple(
        Guard(f"promotion: {rule.name}", rule.sentence, holds=True)
        for rule in summary.decision.rules
        if not rule.passed
    )


def _told_by_the_doctor() -> tuple[Guard, ...]:
    """Return what 'crossfade doctor' has against the model that is served, where that has to be mended."""
    finding = champion_finding(load_settings().settings)
    return (Guard("doctor: champion", finding.words, holds=True),) if finding.state == "bad" else ()
