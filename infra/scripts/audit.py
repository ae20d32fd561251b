"""Ask what is known against the packages of the images, and say plainly how many of them could be asked about.

pip-audit ends well where its service knows nothing of a package or cannot be reached: it has found nothing. Here that
is a failure of its own, because "nothing was found" and "nothing was looked at" must not look alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: What the images carry: the worker's lock holds all of the service's.
LOCK = ROOT / "infra" / "locks" / "worker.txt"
FOUND, NOT_LOOKED_AT = 1, 3


def audit(lock: Path) -> list[dict[str, Any]]:
    """Return what pip-audit says of each package of a lock.

    Raises:
        OSError: It could not ask.
    """
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip", "--require-hashes"]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter
    if not done.stdout.strip():
        raise OSError((done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1])
    found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return found


def verdict(packages: list[dict[str, Any]]) -> tuple[int, str]:
    """Return the exit status, and what to print."""
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    known = [(each, each["vulns"]) for each in packages if each.get("vulns")]
    lines = [
        f"{each['name']} {each['version']}: {flaw['id']}, mended in {' or '.join(flaw['fix_versions']) or 'no release'}"
        for each, flaws in known
        for flaw in flaws
    ]
    asked = len(packages) - len(skipped)
    lines.append(f"{asked} of {len(packages)} packages were looked at; something is known against {len(known)}.")
    if skipped:
        lines.append("Nothing is known of the others, for or against: the service could not be asked about them.")
    return FOUND if known else NOT_LOOKED_AT if skipped else 0, "\n".join(lines)


def main() -> int:
    """Audit and say what came out."""
    try:
        status, words = verdict(audit(LOCK))
    except OSError as error:
        print(f"crossfade: nothing was looked at: {error}", file=sys.stderr)
        return NOT_LOOKED_AT
    print(words)
    return status


if __name__ == "__main__":
    sys.exit(main())
