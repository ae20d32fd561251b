"""Make the Bento of the champion: the service, the core and the champion's bundle, complete in one folder.

What it does beyond ``bentoml build -f infra/bentofile.yaml``: it works on a copy that holds only what belongs into the
Bento, it checks the bundle against its checksums, it keeps the hashes of the locked requirements, and it puts our own
Dockerfile in place of BentoML's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import CrossfadeError, ServiceError
from pipelines.home import Home
from pipelines.release.bentos import BuiltBento, note_bento
from pipelines.release.champion import champion_bundle

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path("infra/locks/service.txt")
IMAGE = Path("infra/docker/service.Dockerfile")
QUIET = {"DO_NOT_TRACK": "1", "BENTOML_DO_NOT_TRACK": "True"}


def build(home: Home) -> str:
    """Build the Bento into the home folder and return its tag (``crossfade:<version>``).

    Raises:
        CrossfadeError: There is no champion, its bundle is damaged, or BentoML refuses.
    """
    bundle = champion_bundle(home)
    with tempfile.TemporaryDirectory(prefix="crossfade-bento-") as name:
        stage = Path(name)
        for part in ("pipelines", "serving"):
            shutil.copytree(ROOT / part, stage / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(bundle.path, stage / "bundle")
        for file in (LOCK, Path("infra/bentofile.yaml")):
            (stage / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, stage / file)
        tag = _run_bentoml(stage, home, label=f"model={bundle.bundle_id}")
    bento = home.bentos / "bentos" / tag.replace(":", "/")
    # BentoML adds a line of its own without a hash, and with that an installer would refuse all the others.
    shutil.copyfile(ROOT / LOCK, bento / "env" / "python" / "requirements.txt")
    shutil.copyfile(ROOT / IMAGE, bento / "env" / "docker" / "Dockerfile")
    note_bento(home, BuiltBento(tag, bundle.bundle_id, datetime.now(UTC).isoformat(timespec="seconds")))
    return tag


def _run_bentoml(stage: Path, home: Home, label: str) -> str:
    """Run ``bentoml build`` in the staged folder and return the tag it prints."""
    environment = {**os.environ, **QUIET, "BENTOML_HOME": str(home.bentos), "PATH": _path_with_uv(stage)}
    command = [sys.executable, "-m", "bentoml", "build", "--bentofile", "infra/bentofile.yaml"]
    command += ["--label", label, "--output", "tag"]
    home.bentos.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, cwd=stage, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    tags = [line.removeprefix("__tag__:") for line in done.stdout.splitlines() if line.startswith("__tag__:")]
    if done.returncode != 0 or not tags:
        last = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise ServiceError(f"bentoml build failed: {last[-1]}", remedy="Mend what it says and build again")
    return tags[-1]


def _path_with_uv(stage: Path) -> str:
    """Return a search path on which there is an ``uv``.

    BentoML looks for it before every build, and installs it into the environment where it is missing, although it needs
    it only to lock requirements, and ours are locked. One that does nothing is enough; a real one is found first.
    """
    folder = stage / ".bin"
    folder.mkdir()
    stub = folder / "uv"
    stub.write_text("#!/bin/sh\necho 'the requirements are locked already' >&2\nexit 1\n", encoding="utf-8")
    stub.chmod(0o755)
    return os.pathsep.join([os.environ.get("PATH", os.defpath), str(folder)])


def main() -> int:
    """Build and say where the Bento is and how to start it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    default = Path(os.environ.get("CROSSFADE_HOME") or ".crossfade")
    parser.add_argument("--home", type=Path, default=default, help="the home folder (CROSSFADE_HOME, or .crossfade)")
    home = Home(parser.parse_args().home.resolve())
    try:
        tag = build(home)
    except CrossfadeError as error:
        print(f"crossfade: {error}", file=sys.stderr)
        return error.exit_code
    print(f"Built {tag}")
    print(f"  folder: {home.bentos / 'bentos' / tag.replace(':', '/')}")
    print(f"  start:  BENTOML_HOME={home.bentos} bentoml serve {tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
