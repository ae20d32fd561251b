"""The folder of the Data Docs: one folder a check, of which the newest stay."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from validation.report import GateSummary

#: How many checks stay: the newest, and always the last that passed and the last that was refused.
KEPT: Final = 30

_SUMMARY: Final = "summary.json"


@dataclass(frozen=True, order=True)
class _Check:
    """A check whose pages are there."""

    checked_at: str
    path: Path
    passed: bool

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the check of a folder; None where the folder is of something else."""
        try:
            summary = json.loads((path / _SUMMARY).read_text(encoding="utf-8"))
            return cls(str(summary["checked_at"]), path, bool(summary["passed"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def write_summary(folder: Path, summary: GateSummary, now: datetime) -> None:
    """Write what the pages of a check say for programs, into their folder."""
    text = json.dumps({"checked_at": now.isoformat(), **summary.to_json()}, indent=2)
    (folder / _SUMMARY).write_text(text, encoding="utf-8")


def prune(docs: Path, keep: int = KEPT) -> None:
    """Remove the pages of old checks.

    Args:
        docs: The folder of the Data Docs.
        keep: How many checks stay, the newest; beyond them the last one that passed and the last that was refused do.
    """
    checks = sorted(check for path in docs.glob("[!.]*") if (check := _Check.read(path)))
    last = {check.passed: check for check in checks}
    for check in checks[: max(len(checks) - keep, 0)]:
        if check not in last.values():
            # Another process may be doing the same.
            shutil.rmtree(check.path, ignore_errors=True)
