"""The flow that makes lists for everybody: a task a shard, a manifest at the end; what a killed run made is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed

from flows.latest import records
from flows.listeners import exclusions_by_listeners
from flows.progress import name_run, progress_bar, tell
from flows.publishing import publish_if_set
from flows.retrying import PAUSES, is_passing
from flows.runners import spread
from flows.settings import Settings, load_settings
from flows.withheld import Withheld
from pipelines.home import Home
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.bundle import ModelBundle, read_bundle
from pipelines.release.champion import bundle_path, champion_bundle
from pipelines.release.shards import BatchRun, ShardRecord, drop_other_runs, finish, latest_run, write_shard
from pipelines.store.receipts import receipt_macs

#: One shard ranks on all cores; a second one writes meanwhile.
_AT_ONCE: Final = 2


@dataclass(frozen=True)
class Order:
    """What the tasks of a batch are given: names of things on disk, which every process opens for itself.

    Attributes:
        settings: All settings.
        run: The run.
        table: The table of histories; None for the listeners of the bundle.
        before: What stood for the people who had been forgotten when the model was opened.
    """

    settings: Settings
    run: BatchRun
    table: Path | None
    before: frozenset[str]


@dataclass(frozen=True)
class BatchSummary:
    """What a batch did.

    Attributes:
        folder: Where the lists are.
        made: How many shards were made now.
        kept: How many were there from a run that did not come to its end, or did.
        manifest: What the run consists of.
        seconds: How long it took.
    """

    folder: Path
    made: int
    kept: int
    manifest: Mapping[str, Any]
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "folder": str(self.folder), "manifest": dict(self.manifest)}


@flow(name="batch", flow_run_name="lists of {k} for everybody")
def batch(
    k: int = 100, shards: int | None = None, out: Path | None = None, histories: Path | None = None
) -> BatchSummary:
    """Write the champion's lists for everybody, as shards of Parquet with a manifest.

    Args:
        k: The length of each list.
        shards: How many files; one for each hundred thousand listeners, where it is left out.
        out: The folder of all runs; by default the one in the home folder, of which the last two runs are kept.
        histories: A table of histories, CSV or Parquet; by default everybody whom the model was trained on.

    Raises:
        CrossfadeError: There is no champion, the table cannot be read, the folder cannot be written, or the event store
            does not answer.
    """
    began = time.perf_counter()
    settings = load_settings().settings
    home = settings.layout
    before = receipt_macs(home)  # the model is opened after this, so who is forgotten meanwhile is not among them
    bundle = champion_bundle(home)
    everybody = BatchListeners.of(bundle, histories, exclusions_by_listeners(settings))
    run = BatchRun.of(out or home.lists, bundle, everybody, k, shards)
    todo = run.begin(everybody)
    tell("lists", f"{run.listeners:,} listeners, {len(todo)} of {run.shards} shards to make")
    _make(Order(settings, run, histories, before), todo, bundle)
    last = latest_run(run.parent)
    manifest = finish(run, _facts(bundle, home))
    if out is None:
        drop_other_runs(run.parent, {run.run_id, last})
        publish_if_set(settings)
    summary = BatchSummary(run.folder, len(todo), run.shards - len(todo), manifest, time.perf_counter() - began)
    create_markdown_artifact(_account(summary), key="lists", description="Lists for everybody")
    outcome = f"{manifest['listeners']:,} lists in {run.shards} shard{'s' if run.shards > 1 else ''}"
    tell("lists", outcome)
    name_run(f"batch: {outcome}" if todo else "batch: nothing to do")
    return summary


@task(
    name="shard",
    task_run_name="shard {shard}",
    retries=len(PAUSES),
    retry_delay_seconds=PAUSES,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def make_shard(order: Order, shard: int) -> ShardRecord:
    """Make the lists of one shard, unless they are there."""
    bundle, everybody = _opened(order)
    withheld = Withheld(order.settings, bundle, order.table is None, order.before)
    return write_shard(order.run, shard, bundle, everybody, withheld)


def _make(order: Order, todo: list[int], bundle: ModelBundle) -> None:
    """Make shards, in threads or on a cluster; those that were made stay when one fails."""
    if not todo:
        return
    with spread(order.settings, bundle.path, forget=_forget_opened, at_once=_AT_ONCE) as runner:
        futures = [runner.submit(make_shard, {"order": order, "shard": shard}) for shard in todo]
        show = progress_bar("shards", "How many of the shards are made")
        for done, future in enumerate(as_completed(futures), start=1):
            record = future.result()
            tell("lists", f"{record.listeners:,} listeners in {record.file}", done=done, total=len(todo))
            show(done, len(todo))
    _forget_opened()


_opening = Lock()


def _opened(order: Order) -> tuple[ModelBundle, BatchListeners]:
    """Return the model and the histories of an order; threads that ask at the same time wait for one of them."""
    with _opening:
        return _open(order.run.bundle_id, order.table, order.settings)


@lru_cache(maxsize=1)
def _open(bundle_id: str, table: Path | None, settings: Settings) -> tuple[ModelBundle, BatchListeners]:
    bundle = read_bundle(bundle_path(settings.layout, bundle_id), verify=False)  # the flow has verified it
    return bundle, BatchListeners.of(bundle, table, exclusions_by_listeners(settings))


def _forget_opened() -> None:
    _open.cache_clear()


def _facts(bundle: ModelBundle, home: Home) -> dict[str, Any]:
    """Return what leads from the lists to the model and its data."""
    version = next((each.model_version for each in records(home) if each.bundle_id == bundle.bundle_id), None)
    return {
        "recommender": bundle.recommender.name,
        "model_version": version,
        "snapshot_id": bundle.manifest["lineage"].get("snapshot_id"),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _account(summary: BatchSummary) -> str:
    said = summary.manifest
    sizes = f"{said['listeners']:,} listeners, {said['tracks']:,} places, {said['bytes'] / 1e6:,.1f} MB"
    names = f"Model version {said['model_version']}, bundle {said['bundle_id']}, snapshot {said['snapshot_id']}."
    return f"{sizes} in {len(said['shards'])} shards: `{summary.folder}`.\n\n{names}\n"
