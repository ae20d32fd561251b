"""The process that reads one file: what it does wrong, or takes, is its own and not the service's.

It is told what to do by one line of JSON on its standard input, writes what comes of it into the store, and deletes the
file whatever happens. It ends when the service ends.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Final

from pipelines.data.listening import Listening, together
from pipelines.errors import CrossfadeError, StoreError
from pipelines.release.bundle import read_bundle
from pipelines.store.database import Database
from pipelines.store.imports import Imported, ImportLog
from serving.imports.history import account_of, find_tracks, history_of, looked_up, rules_of
from serving.imports.jobs import Job
from serving.imports.reading import Owner, read_file

#: More than the largest file that is taken in needs.
CPU_SECONDS: Final = 1_200
_NICENESS: Final = 10
#: The parts of the work: reading, looking the tracks up, writing.
_READ, _FOUND = 0.7, 0.95
_SECONDS_BETWEEN_NOTES: Final = 0.5


def carry_out(job: Job, imports: ImportLog) -> None:
    """Read a file and keep what comes of it.

    Raises:
        CrossfadeError: The file is refused, or the bundle or the store cannot be used.
    """
    kept, told = imports.listening(job.listener), _Paced(imports, job.import_id)
    read = read_file(
        Path(job.path),
        Owner(job.listener, job.consent),
        lambda source: kept.get(source, Listening.empty()),
        now=datetime.now(UTC),
        progress=lambda part: told.note(_READ * part),
    )
    Path(job.path).unlink(missing_ok=True)  # before anybody hears that it has been read
    told.note(_READ)
    bundle = read_bundle(Path(job.bundle), verify=False)
    mine, found = find_tracks(read.listening, bundle.catalogue, bundle.aliases)
    others = looked_up(kept, bundle, but=read.source)
    told.note(_FOUND)
    history = history_of(together([mine, *others.values()]), rules_of(bundle))
    imported = Imported(read.source, mine, history, bundle.bundle_id, account_of(read, found), others)
    imports.finish(job.import_id, imported, now=datetime.now(UTC))


class _Paced:
    """Tells the store how far the work has come, now and then."""

    def __init__(self, imports: ImportLog, import_id: str) -> None:
        self._imports = imports
        self._import_id = import_id
        self._last = 0.0

    def note(self, progress: float) -> None:
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_NOTES:
            self._last = time.monotonic()
            with suppress(StoreError):  # how far it is matters to nobody while the store is away
                self._imports.note(self._import_id, progress, now=datetime.now(UTC))


def main() -> int:
    """Do what standard input says.

    Returns:
        0 where it is done or the file was refused, 1 where something went wrong that nobody thought of.
    """
    job = Job(**json.loads(sys.stdin.readline()))
    Thread(target=_end_with_the_service, daemon=True).start()
    _be_modest()
    imports = ImportLog(Database(job.store))
    try:
        carry_out(job, imports)
    except CrossfadeError as error:
        imports.fail(job.import_id, error.what, error.remedy or "Pass another file", now=datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - what it says may hold what stands in the file, so only its kind is told
        place = traceback.extract_tb(error.__traceback__)[-1]
        sys.stderr.write(f"Import {job.import_id}: {type(error).__name__} in {place.filename}, line {place.lineno}\n")
        return 1
    finally:
        Path(job.path).unlink(missing_ok=True)
    return 0


def _end_with_the_service() -> None:
    """Wait until nobody holds the other end of standard input any more; then there is nobody to work for."""
    sys.stdin.read()
    os._exit(1)


def _be_modest() -> None:
    """Give way to the service, and be the first to go where memory runs out."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with suppress(OSError):  # there is no such file but on Linux
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
