"""The ten classic failures: what each is, in words, and how it is made."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pipelines.errors import ConfigError
from pipelines.testing.lab import injections
from pipelines.testing.lab.world import World

Injection = Callable[[World, float, int], World]

_WORDS: Final = Path(__file__).with_name("failures.toml")
_INJECTIONS: Final[Mapping[str, Injection]] = {
    "leaked-test-rows": injections.leak_test_rows,
    "broken-id-map": injections.break_id_map,
    "popularity-in-disguise": injections.collapse_to_popularity,
    "drifted-feature-scale": injections.drift_a_scale,
    "duplicated-export": injections.duplicate_export,
    "time-zone-shift": injections.shift_time_zone,
    "silent-schema-change": injections.change_schema,
    "stale-champion": injections.forget_to_train,
    "poisoned-ratings": injections.poison_ratings,
    "label-swap": injections.swap_labels,
}


@dataclass(frozen=True)
class Failure:
    """A classic failure.

    Attributes:
        name: What it is called on the command line.
        title: What people call it.
        dose: How much of it is injected.
        dosed: The dose in words, with a place for the figure.
        guards: The rules that were made for its cause ("gate: history.clock"); one of them has to fire.
        story: How it comes about.
        prefect: Where to see it in the Prefect UI; likewise the next two.
        expectations: In the Data Docs of Great Expectations.
        mlflow: In MLflow.
        mend: What to do.
    """

    name: str
    title: str
    dose: float
    dosed: str
    guards: tuple[str, ...]
    story: str
    prefect: str
    expectations: str
    mlflow: str
    mend: str

    @property
    def injected(self) -> str:
        """What is injected, in words."""
        return self.dosed.format(dose=self.dose)

    @property
    def needs_model(self) -> bool:
        """Whether it shows only when something is trained."""
        return not all(guard.startswith(("gate:", "cleaning:")) for guard in self.guards)

    def inject(self, world: World, seed: int, dose: float | None = None) -> World:
        """Return a spoilt copy of a world.

        Args:
            world: The healthy world.
            seed: Of what is drawn.
            dose: How much; by default its own dose.
        """
        return _INJECTIONS[self.name](world, self.dose if dose is None else dose, seed)


@cache
def failures() -> tuple[Failure, ...]:
    """Return the ten failures."""
    entries: list[dict[str, Any]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))["failure"]
    return tuple(Failure(**{**entry, "guards": tuple(entry["guards"])}) for entry in entries)


def failure_named(name: str) -> Failure:
    """Return one failure.

    Raises:
        ConfigError: There is no such failure.
    """
    for failure in failures():
        if failure.name == name:
            return failure
    known = ", ".join(failure.name for failure in failures())
    raise ConfigError(f"there is no failure '{name}'", where="crossfade lab", remedy=f"Choose one of: {known}")
