"""A process held as a container holds one: files it cannot write, no rights, and a user that is not root."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

#: In a file system of its own that is read-only but for some folders; then as a user without any capability.
_SCRIPT = """
mount -o remount,ro,bind /
while [ "$1" != -- ]; do mount --bind "$1" "$1"; mount -o remount,rw,bind "$1"; shift; done
shift
exec unshare --user --map-user=10001 --map-group=10001 \
    setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"
"""


def confined(writable: Sequence[Path]) -> list[str]:
    """Return what to put before a command, so that it can write these folders and nothing else."""
    return ["unshare", "--mount", "sh", "-ec", _SCRIPT, "sh", *map(str, writable), "--"]


def why_not() -> str | None:
    """Say why a process cannot be held like that here; None where it can."""
    look = ["sh", "-c", "test $(id -u) = 10001 && ! touch /crossfade-probe"]
    try:
        done = subprocess.run([*confined([]), *look], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return f"{error.filename} is missing"
    return None if done.returncode == 0 else f"no file system of one's own here: {done.stderr.strip()}"
