"""Which code is running: the commit for people, a fingerprint of the core for caches."""

from __future__ import annotations

import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipelines.data.hashing import hash_file, hash_json

_ROOT = Path(__file__).resolve().parents[1]
#: Libraries whose release can change a model's numbers.
_NUMERIC = ("numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "implicit")


@cache
def commit() -> str | None:
    """Return the commit of the working copy, marked where files differ from it; None outside a repository."""
    # Installed elsewhere, this may lie inside somebody else's repository.
    described = _git("rev-parse", "HEAD") if (_ROOT / ".git").exists() else None
    if described is None:
        return None
    return f"{described}-changed" if _git("status", "--porcelain", "--untracked-files=no") else described


@cache
def core_fingerprint() -> str:
    """Return a hash of the core's source and of the libraries it computes with: equal hash, equal numbers."""
    files = {str(path.relative_to(_ROOT)): hash_file(path) for path in sorted((_ROOT / "pipelines").rglob("*.py"))}
    return hash_json([files, {name: _version(name) for name in _NUMERIC}])[:16]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git(*arguments: str) -> str | None:
    try:
        # Fixed arguments, and git wherever the person has it.
        command = ["git", "-C", str(_ROOT), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
