"""Kept measurements: enough to go on after an interruption, and no more."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from prefect.settings import PREFECT_LOCAL_STORAGE_PATH

from flows.matrices import Plan
from pipelines.home import Home

_KEY = re.compile(r"[0-9a-f]{64}")


def storage_in_use() -> Path:
    """Return where Prefect keeps results."""
    return Path(str(PREFECT_LOCAL_STORAGE_PATH.value()))


def storages_of(home: Home) -> tuple[Path, ...]:
    """Return the folders in a home in which measurements may be kept: by this process, or by a server inside one."""
    own, used = home.prefect / "storage", storage_in_use().resolve()
    return (own, used) if used != own and used.is_relative_to(home.root) else (own,)


def drop_other_folds(storage: Path, plan: Plan, stand_ins: Collection[str] = ()) -> int:
    """Remove the measurements of other trainings, so that a home folder does not grow with each one.

    Args:
        storage: Where Prefect keeps results.
        plan: The training whose measurements stay.
        stand_ins: The keys of what it measured of a champion.

    Returns:
        How many were removed; none where the storage is not in the home folder, for then others may use it.
    """
    if not storage.is_dir() or not storage.resolve().is_relative_to(plan.home.root.resolve()):
        return 0
    mine = plan.fold_keys().union(stand_ins)
    others = [path for path in storage.iterdir() if _KEY.fullmatch(path.name) and path.name not in mine]
    for path in others:
        path.unlink(missing_ok=True)
    return len(others)
