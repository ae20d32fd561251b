"""What ``crossfade doctor`` looks at: the installation, the home folder and what lies in it. Changes nothing."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from flows.servers import is_used
from flows.settings import Settings
from pipelines.errors import CrossfadeError
from pipelines.home import Home

State = Literal["good", "note", "bad"]

_PYTHONS = ((3, 11), (3, 12), (3, 13))
_WORKING_SPACE_GB = 1.0
#: Package -> the first release that breaks another one in silence, and which. None: any release will do.
_PACKAGES: dict[str, tuple[tuple[int, int], str] | None] = {
    "prefect": None,
    "mlflow": None,
    "great-expectations": None,
    "bentoml": None,
    "implicit": None,
    "sqlalchemy": ((2, 1), "Prefect's schedules never run"),
    "fastapi": ((0, 151), "Prefect's server refuses its own calls"),
    "marshmallow": ((4, 0), "Great Expectations cannot write its suites"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        state: "bad" has to be mended, a "note" is worth knowing.
        what: What was looked at.
        words: What was found, and what to do.
    """

    state: State
    what: str
    words: str

    def to_json(self) -> dict[str, str]:
        """Return a JSON-ready form."""
        return asdict(self)


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything and return what was found, in the order of looking."""
    home = settings.layout
    return (
        _python(),
        *_packages(),
        _home(home),
        _space(home),
        *_ports(settings),
        _data(home),
        champion_finding(settings),
        *_undecided(home),
        *_leftovers(settings),
        *_bucket(settings),
    )


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] in _PYTHONS:
        return Finding("good", "Python", found)
    return Finding("bad", "Python", f"{found}; 3.11, 3.12 or 3.13 is needed")


def _packages() -> Iterator[Finding]:
    for name, limit in _PACKAGES.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding("bad", name, "is not installed; run 'make setup'")
            continue
        # Of a release candidate, such as 4.0rc1, the digits count.
        release = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
        if limit and release >= limit[0]:
            below = ".".join(str(part) for part in limit[0])
            yield Finding("bad", name, f"{found}, and from {below} on {limit[1]}; run 'make setup'")
        else:
            yield Finding("good", name, found)


def _home(home: Home) -> Finding:
    place = _first_existing(home.root)
    if not place.is_dir():
        return Finding("bad", "home folder", f"{place} is not a folder")
    try:
        probe = place / ".crossfade-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding("bad", "home folder", f"{place} cannot be written ({error.strerror}); set CROSSFADE_HOME")
    return Finding("good", "home folder", str(home.root) if home.root.exists() else f"{home.root} (not made yet)")


def _space(home: Home) -> Finding:
    free = shutil.disk_usage(_first_existing(home.root)).free / 1e9
    state: State = "good" if free >= _WORKING_SPACE_GB else "bad"
    return Finding(state, "disk", f"{free:.1f} GB free" + ("" if state == "good" else "; free some space"))


def _ports(settings: Settings) -> Iterator[Finding]:
    for name, port in (
        ("service", settings.port),
        ("MLflow page", settings.mlflow_port),
        ("Prefect page", settings.prefect_port),
    ):
        used = is_used(settings.host, port)
        words = f"port {port} is in use; is it running already?" if used else f"port {port} is free"
        yield Finding("note" if used else "good", name, words)


def _data(home: Home) -> Finding:
    from flows.latest import latest_snapshot

    if not home.latest_snapshot.exists():
        return Finding("note", "data", "nothing was ingested yet; run 'crossfade ingest'")
    try:
        snapshot = latest_snapshot(home)
        for name in snapshot.manifest["files"]:
            snapshot.file(name)
    except CrossfadeError as error:
        return Finding("bad", "data", str(error))
    rows = ", ".join(f"{count:,} {table}" for table, count in snapshot.manifest["rows"].items())
    return Finding("good", "data", f"snapshot {snapshot.snapshot_id}: {rows}")


def champion_finding(settings: Settings) -> Finding:
    """Look at the model that is served, and at how much of the newest listening it has not learned."""
    from flows.promotion_evidence import days_behind, policy_of
    from pipelines.release.champion import champion_bundle

    home = settings.layout
    if not home.champion.exists():
        return Finding("note", "champion", "nothing was promoted yet; run 'crossfade train' and 'crossfade promote'")
    try:
        bundle = champion_bundle(home)
    except CrossfadeError as error:
        return Finding("bad", "champion", str(error))
    words = f"{bundle.recommender.title}, bundle {bundle.bundle_id}"
    allowed = policy_of(settings).freshness.max_behind_days
    behind = days_behind(home, bundle.manifest["lineage"]["snapshot_id"])
    if allowed and behind is not None and behind > allowed:
        words = f"{words}, has not learned the last {behind:.0f} days of listening, {allowed:g} may be missing"
        return Finding("bad", "champion", f"{words}; run 'crossfade train' and 'crossfade promote'")
    return Finding("good", "champion", words)


def _undecided(home: Home) -> Iterator[Finding]:
    """Tell of a last training that was never judged: its flow was killed before that, or waits for a person."""
    from flows.latest import latest_training

    try:
        last = latest_training(home) if home.root.is_dir() else None
    except CrossfadeError as error:
        yield Finding("note", "training", str(error))
        return
    if last is not None and not last.decision(home).exists():
        words = f"the last one, {last.training_id} ({last.winner}, {last.created_at[:16]}), was never judged"
        yield Finding("note", "training", f"{words}; run 'crossfade promote'")


def _leftovers(settings: Settings) -> Iterator[Finding]:
    from flows.leftovers import leftovers

    for left in leftovers(settings) if settings.layout.root.is_dir() else ():
        remedy = "; 'crossfade doctor --mend' mends it" if left.mend else ""
        yield Finding("bad" if left.bad else "note", left.what, f"{left.words}{remedy}")


def _bucket(settings: Settings) -> Iterator[Finding]:
    if settings.published_to:
        from flows.publishing import bucket_notes

        for good, words in bucket_notes(settings):
            yield Finding("good" if good else "note", "bucket", words)


def _first_existing(path: Path) -> Path:
    """Return a path, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
