"""How a newcomer's first hour went, in words: for the terminal, and for docs/first-hour.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.docs.install_size import Weight
from infra.docs.reference.markdown import code, table
from pipelines.testing.benchmark.words import measured_when

#: The most that may pass between the clone and the first recommendation, in seconds, with the packages in the cache.
BAR = 300
_HEAVY = 15

#: Who needs the heavy packages while Crossfade runs: asked of each, and answered here.
WHY = {
    "pyarrow": "every table: snapshots, exports, bundles",
    "scipy": "sparse matrices of listeners and tracks",
    "numpy": "all arithmetic",
    "pandas": "Great Expectations judges pandas frames",
    "mlflow": "experiments and the registry; more than half of it is its web page",
    "mlflow-skinny": "the part of MLflow that programs talk to",
    "scikit-learn": "the content model, calibration",
    "matplotlib": "charts in MLflow; MLflow asks for it, too",
    "fonttools": "comes with matplotlib",
    "pillow": "comes with matplotlib",
    "prefect": "flows, schedules, their web page",
    "great-expectations": "the gate and its Data Docs",
    "lightgbm": "the ranker, while it is trained; serving reads its trees from arrays",
    "implicit": "ALS and BPR, while they are trained",
    "bentoml": "the service",
    "sqlalchemy": "the event store; Prefect and MLflow, too",
    "cryptography": "Spotify log-ins, encrypted where they are kept",
    "botocore": "artifacts on S3",
    "psycopg-binary": "Postgres, where a setting asks for it",
    "rapidfuzz": "search that forgives typing errors",
}


@dataclass(frozen=True)
class Step:
    """Something the reader did.

    Attributes:
        command: What the tutorial says, or in brackets what is done in the browser.
        seconds: How long it took.
        status: Its exit status.
        as_said: Whether it ended as the tutorial says.
    """

    command: str
    seconds: float
    status: int = 0
    as_said: bool = True

    @property
    def in_terminal(self) -> bool:
        """Whether it is typed; what is done elsewhere stands in brackets."""
        return not self.command.startswith("(")

    @property
    def title(self) -> str:
        """Its first line."""
        return self.command.partition("\n")[0]


@dataclass(frozen=True)
class Hour:
    """How it went.

    Attributes:
        steps: Everything, in order.
        to_first_list: Seconds from the beginning to the first recommendation in the browser.
        packages: What was installed, the heaviest first.
        starting: How long the command line takes to answer, in seconds.
    """

    steps: Sequence[Step]
    to_first_list: float
    packages: Sequence[Weight]
    starting: float

    @property
    def went_well(self) -> bool:
        """Whether every step ended as the tutorial says."""
        return all(step.as_said for step in self.steps)

    @property
    def megabytes(self) -> float:
        """What was installed, in MB."""
        return sum(package.size for package in self.packages) / 1e6


def summary(hour: Hour) -> str:
    """Return the hour in a few lines."""
    wrong = [f"{step.title}: exit status {step.status}" for step in hour.steps if not step.as_said]
    verdict = "every step ended as the tutorial says" if not wrong else f"not as the tutorial says: {'; '.join(wrong)}"
    return (
        f"First recommendation after {hour.to_first_list:.0f} s (at most {BAR} s are meant), all of it in "
        f"{sum(step.seconds for step in hour.steps) / 60:.1f} min; {verdict}.\n"
        f"{len(hour.packages)} packages, {hour.megabytes:,.0f} MB; the command line answers in {hour.starting:.2f} s."
    )


def page(hour: Hour) -> str:
    """Return docs/first-hour.md."""
    steps = [[code(step.title) if step.in_terminal else step.title, f"{step.seconds:.1f}"] for step in hour.steps]
    heavy = [
        [package.name, f"{package.size / 1e6:,.0f}", ", ".join(package.asked_by), WHY.get(package.name, "")]
        for package in hour.packages[:_HEAVY]
    ]
    others = sum(package.size for package in hour.packages[_HEAVY:]) / 1e6
    heavy.append([f"{len(hour.packages) - _HEAVY} more", f"{others:,.0f}", "", ""])
    return f"""# The first hour

`make first-hour` writes this page: it clones the repository into an empty folder, types what
[the tutorial](tutorial/index.md) says, and presses a taste in a headless Chromium. Packages were in the cache already;
the first download takes as long as the network does.

{summary(hour)}

{table(["step", "seconds"], steps)}
## What is installed, and why

The image of the service holds far less: its list is `infra/locks/service.txt`.

{table(["package", "MB", "asked for by", "what it does here"], heavy)}
*{measured_when()}*
"""
