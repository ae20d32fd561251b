"""Where something of a person can stand, place by place: each step removes it and says what it changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flows.consent import sources_of_people
from flows.fold_cache import storages_of
from flows.latest import records, repoint_latest, save_record
from flows.matrices import forget_matrices
from flows.registry import Registry
from flows.scrubbing import Name, scrub
from flows.settings import Settings
from flows.spotify import spotify_app
from pipelines.atomic import new_file
from pipelines.data.consent import ConsentLedger
from pipelines.data.entities import read_corrections
from pipelines.data.hashing import hash_file
from pipelines.data.people import is_person, listener_name
from pipelines.data.snapshot import FORMAT, MANIFEST, Snapshot, other_format, read_snapshot
from pipelines.data.snapshot_forgetting import holds, without_listener
from pipelines.data.succession import note_successor
from pipelines.evaluation.forgetting import forget_examples, forget_metrics
from pipelines.evaluation.report import REPORTS
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.bundle import read_bundle
from pipelines.release.shards import forget_lists
from pipelines.release.states import bundle_path
from pipelines.store.database import Database
from pipelines.store.forget_requests import ForgetRequest
from pipelines.store.forgetting import Forgetting
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.receipts import Change
from validation.history import past_file
from validation.quarantine import forget_rows, list_quarantine

#: Of these there may be hundreds, and their names say nothing: the terminal counts them.
KEPT_MEASUREMENT: Final = "kept measurement"
_LOCK_PATIENCE_SECONDS = 30.0
#: A flow may wait; the service's callers may not.
_STORE_PATIENCE_SECONDS = 60


def forget_store(request: ForgetRequest, settings: Settings) -> ForgetRequest:
    """Delete a person from the event store and return the request with what was deleted.

    Raises:
        StoreError: The store cannot be used.
    """
    url = settings.store_url.get_secret_value()
    if not url and not settings.layout.events.exists():
        return request
    database = Database.of(settings.layout, url, patience=_STORE_PATIENCE_SECONDS)
    try:
        bring_up_to_date(database)
        forgetting = Forgetting(database)
        # A service with a disk of its own may have feedback that waits: it is let in or not by what is on record here.
        if not database.is_shared and not any(forgetting.what_remains(request.listener_id).values()):
            return request
        removed = forgetting.forget(request.listener_id, now=datetime.now(UTC), mac=request.mac).removed
    finally:
        database.close()
    return replace(request, removed={name: request.removed.get(name, 0) + count for name, count in removed.items()})


def forget_spool(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove a person's feedback that still waits for the store."""
    folder = settings.layout.spool
    for path in sorted(folder.glob("*.jsonl")) if folder.is_dir() else ():
        # The service writes under the same lock.
        with only_one(folder, patience=_LOCK_PATIENCE_SECONDS):
            lines = path.read_bytes().splitlines(keepends=True)
            rest = [line for line in lines if json.loads(line).get("listener_id") != request.listener_id]
            if len(rest) < len(lines):
                before = hash_file(path)
                with new_file(path) as file:
                    file.write(b"".join(rest))
                yield _changed("spool", path, before, settings.layout)


def forget_consents(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Withdraw a person's consents, and let a code stand where their name stood."""
    path = settings.layout.consents
    before = hash_file(path) if path.exists() else ""
    stand_in = f"forgotten:{request.request_id}"
    if ConsentLedger(path).forget(request.listener_id, stand_in, now=datetime.now(UTC)):
        yield _changed("consents", path, before, settings.layout)


def forget_snapshots(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Write every snapshot that holds the person anew, and let what names the old ones name the new ones."""
    home = settings.layout
    corrections = read_corrections(home.matches)
    for old in _snapshots_with(request.listener_id, home):
        new = without_listener(home.snapshots, old, request.listener_id, corrections)
        note_successor(home.snapshots, old.snapshot_id, new.snapshot_id)
        repoint_latest(home, old.snapshot_id, new)
        for record in records(home):
            if record.snapshot_id == old.snapshot_id:
                save_record(home, replace(record, snapshot_id=new.snapshot_id))
        yield Change(
            "snapshot",
            str(old.path.relative_to(home.root)),
            hash_file(old.path / MANIFEST),
            hash_file(new.path / MANIFEST),
            str(new.path.relative_to(home.root)),
        )


def remove_old_snapshots(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove the snapshots whose successors are there; those of another release, which cannot be read, as well."""
    home = settings.layout
    for old in _snapshots_with(request.listener_id, home):
        shutil.rmtree(old.path)
    for path in sorted(home.snapshots.glob(f"[!.]*/{MANIFEST}")):
        if other_format(path.parent) is not None and Name(request.listener_id).is_telling:
            before = hash_file(path)
            shutil.rmtree(path.parent)
            yield _changed(f"snapshot of another release (this one reads format {FORMAT})", path.parent, before, home)


def forget_reports(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove a person from the reports of every training, and the example listeners, of whom they may be one.

    Reports know listeners by their row in the matrix, which the training's bundle tells: so this precedes the models.
    """
    home = settings.layout
    for record in records(home):
        bundle = bundle_path(home, record.bundle_id)
        users = read_bundle(bundle, verify=False).users if bundle.is_dir() else None
        row = users.index(request.listener_id) if users else -1
        folder, page = record.folder(home), record.page(home)
        path = folder / REPORTS
        if users is None or row < 0 or not path.exists():
            continue
        before, was = hash_file(path), hash_file(page) if page.exists() else ""
        if forget_metrics(folder, row, len(users)):
            yield _changed("report", path, before, home)
        if forget_examples(folder):
            Registry(settings.tracking_uri).replace_page(record.training_id, page)
            yield _changed("page", page, was, home)


def forget_batches(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove a person's list from every batch; the lists of others stay as the model of that day made them."""
    for path, before in forget_lists(settings.layout.lists, request.listener_id):
        yield _changed("lists", path, before, settings.layout)


def forget_quarantine(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove a person's rows from quarantine."""
    home = settings.layout
    for entry in list_quarantine(home.quarantine):
        before = hash_file(entry.path / "rows.parquet")
        rest = forget_rows(entry, request.listener_id)
        if rest is entry:
            continue
        after = hash_file(rest.path / "rows.parquet") if rest else None
        where = str(rest.path.relative_to(home.root)) if rest else None
        yield Change("quarantine", str(entry.path.relative_to(home.root)), before, after, where)


def forget_accounts(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove what is kept for a person by name: log-ins, kept answers, figures of what was accepted of them."""
    home = settings.layout
    if not is_person(request.listener_id):
        return
    folder = spotify_app(settings, home).person_folder(listener_name(request.listener_id))
    paths = [past_file(home.accepted_batches, source, request.listener_id) for source in sources_of_people()]
    if folder.is_dir():
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        changes = [Change("account", str(path.relative_to(home.root)), hash_file(path), None) for path in files]
        shutil.rmtree(folder)
        yield from changes
    for path in paths:
        if path.exists():
            before = hash_file(path)
            path.unlink()
            yield _changed("accepted batches", path, before, home)


def forget_caches(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove kept measurements, which hold listeners by name; of snapshots that are gone nobody needs them again."""
    home = settings.layout
    forget_matrices()
    name = Name(request.listener_id)
    kept = [path for folder in storages_of(home) if folder.is_dir() for path in sorted(folder.iterdir())]
    for path in kept if request.changes else ():
        if path.is_file():
            before = hash_file(path)
            path.unlink()
            yield _changed(KEPT_MEASUREMENT, path, before, home)
    for path in sorted(home.data_docs.rglob("*.html")) if name.is_telling and home.data_docs.is_dir() else ():
        if name.pattern.search(path.read_text(encoding="utf-8", errors="replace")):
            before = hash_file(path)
            path.unlink()
            yield _changed("data docs", path, before, home)


def forget_databases(request: ForgetRequest, settings: Settings) -> Iterator[Change]:
    """Remove the name from the databases of Prefect and MLflow, as far as they are files here."""
    home = settings.layout
    for path in (home.mlflow_db, home.prefect / "prefect.db"):
        before = hash_file(path) if path.exists() else ""
        if scrub(path, Name(request.listener_id)):
            yield _changed("database", path, before, home)


def _snapshots_with(listener: str, home: Home) -> list[Snapshot]:
    paths = sorted(path.parent for path in home.snapshots.glob(f"[!.]*/{MANIFEST}"))
    found = (read_snapshot(path) for path in paths if other_format(path) is None)
    return [snapshot for snapshot in found if holds(snapshot, listener)]


def _changed(what: str, path: Path, before: str, home: Home) -> Change:
    after = hash_file(path) if path.is_file() else None
    return Change(what, str(path.relative_to(home.root)), before, after)
