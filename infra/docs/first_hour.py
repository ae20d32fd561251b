"""A newcomer's first hour, timed: ``make first-hour`` does what the tutorial says in a fresh clone, step by step.

python -m infra.docs.first_hour [--page]      --page: also write docs/first-hour.md

The steps are the commands of docs/tutorial/index.md as they stand there; the only thing added is a browser that presses
a ready-made taste as soon as the page answers. The ports of ``make run`` (3000, 5000, 4200) have to be free.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import httpx

from infra.docs.first_hour_page import Hour, Step, page, summary
from infra.docs.install_size import weights
from infra.docs.tutorial import PAGE, ROOT, commands, is_refused
from pipelines.atomic import write_text

TARGET: Final = ROOT / "docs" / "first-hour.md"
#: The most a step may take, in seconds; only a broken one does.
_PATIENCE: Final = 1_800
_WORKER, _STARTED = "prefect worker start", "prefect deployment run"
_ENDS: Final = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
_DONE: Final = "first-hour-step-done"
_ADDRESS: Final = re.compile(r"^web page\s+(http://\S+)", re.MULTILINE)


class Shell:
    """The reader's terminal: one bash in which the commands follow each other.

    Args:
        folder: Where it begins.
        log: Where what is printed in it goes.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self.log = log
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                ["/bin/bash"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=out,
                cwd=folder,
                env=newcomer(),
                start_new_session=True,
            )
        if self._process.stdin is None:
            raise RuntimeError("a shell nobody can type into")
        self._keys = self._process.stdin

    def type(self, command: str) -> int:
        """Do a command and return its exit status."""
        before = self.printed().count(_DONE)
        self._keys.write(f"{command}\necho {_DONE} $?\n".encode())
        self._keys.flush()
        until(lambda: self.printed().count(_DONE) > before, f"'{command}' goes on and on", self.printed)
        return int(re.findall(rf"{_DONE} (\d+)", self.printed())[-1])

    def printed(self) -> str:
        """Return everything that was printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End it and what it started."""
        self._keys.close()
        stop(self._process, patience=2.0)


def main() -> int:
    """Spend the hour, say how it went, and write the page where that is wanted.

    Returns:
        1 where a step did not end as the tutorial says.
    """
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--page", action="store_true", help="write docs/first-hour.md")
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossfade-first-hour-") as scratch:
        hour = spend(Path(scratch))
    print(summary(hour))
    if wanted.page:
        write_text(TARGET, page(hour))
    return 0 if hour.went_well else 1


def spend(scratch: Path) -> Hour:
    """Do everything the tutorial says in a fresh clone below a folder."""
    clone = scratch / "crossfade"
    run, *others = commands(PAGE.read_text(encoding="utf-8"))
    steps = [timed("git clone", partial(git_clone, clone))]
    with going(run, clone, scratch / "run.log") as printed:
        steps.append(timed(run, partial(until, lambda: _ADDRESS.search(printed()), "there is no page", printed)))
        steps.append(timed("(a taste is pressed, and a list appears)", partial(first_list, printed)))
        to_first_list = sum(step.seconds for step in steps)
        print(f"{to_first_list:7.1f} s  in all until the first recommendation", file=sys.stderr, flush=True)
        steps += rest(others, Shell(clone, scratch / "shell.log"))
    site_packages = next((clone / ".venv" / "lib").glob("python3*")) / "site-packages"
    return Hour(tuple(steps), to_first_list, tuple(weights(site_packages)), starting(clone))


def rest(asked: list[str], shell: Shell) -> Iterator[Step]:
    """Type the commands after the first one into a second terminal; the worker goes on beside them."""
    try:
        for command in asked:
            # The page says: in a third terminal, or in the background.
            typed = f"{command} >worker.log 2>&1 &" if command.startswith(_WORKER) else command
            step = timed(command, partial(shell.type, typed))
            yield replace(step, as_said=step.status == int(is_refused(command)))
            if command.startswith(_STARTED):
                yield timed("(the run, until it is finished)", partial(scheduled_run, shell))
    finally:
        shell.close()


def timed(name: str, do: Callable[[], int | None]) -> Step:
    """Do a step and return how long it took."""
    started = time.monotonic()
    status = do() or 0
    step = Step(name, time.monotonic() - started, status)
    print(f"{step.seconds:7.1f} s  {step.title}", file=sys.stderr, flush=True)
    return step


def git_clone(clone: Path) -> None:
    """Clone what is committed here."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)  # noqa: S607 - our own repository


def first_list(printed: Callable[[], str]) -> None:
    """Open the page whose address was printed, press a ready-made taste, and wait for the first recommendation."""
    from infra.docs.pictures import chromium

    with chromium() as browser:
        page = browser.new_page()
        page.goto(_ADDRESS.findall(printed())[0])
        page.locator(".taste").first.click()
        page.locator(".row").first.wait_for()


def scheduled_run(shell: Shell) -> int:
    """Wait until the run that was started last has ended; 0 where it ended well."""
    api = re.findall(r"http://[\d.]+:\d+/api", PAGE.read_text(encoding="utf-8"))[0]
    run = re.findall(r"/flow-run/([0-9a-f-]{36})", shell.printed())[-1]

    def state() -> str:
        return str(httpx.get(f"{api}/flow_runs/{run}", timeout=30).json()["state_type"])

    until(lambda: state() in _ENDS, f"the run {run} goes on and on", shell.printed)
    return int(state() != "COMPLETED")


def starting(clone: Path) -> float:
    """Return how long the command line takes to answer, in seconds: the shortest of five times."""
    command = [str(clone / ".venv" / "bin" / "crossfade"), "--version"]

    def once() -> float:
        started = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        return time.monotonic() - started

    return min(once() for _ in range(5))


@contextmanager
def going(command: str, folder: Path, log: Path) -> Iterator[Callable[[], str]]:
    """Keep a command going in a terminal of its own; gives what returns what it has printed."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["/bin/bash", "-c", command], cwd=folder, stdout=out, stderr=out, env=newcomer(), start_new_session=True
        )
    try:
        yield lambda: log.read_text(encoding="utf-8", errors="replace")
    finally:
        stop(process)


def newcomer() -> dict[str, str]:
    """Return an environment in which nobody has set up anything of ours."""
    ours = ("CROSSFADE_", "PREFECT_", "MLFLOW_", "BENTOML_", "VIRTUAL_ENV", "PYTHONPATH", "MAKE", "MFLAGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def until(holds: Callable[[], object], complaint: str, printed: Callable[[], str]) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It never does.
    """
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint}; the last that was printed:\n{printed()[-2000:]}")
        time.sleep(0.1)


def stop(process: subprocess.Popen[bytes], patience: float = 30.0) -> None:
    """Press Ctrl-C, and end the harder way what does not hear it, as a job that a shell put into the background.

    Args:
        process: The first of its group.
        patience: How long the group may take after each signal, in seconds.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        if is_gone(process, patience):
            return


def is_gone(process: subprocess.Popen[bytes], patience: float) -> bool:
    """Wait until nobody is left of a process's group; False where somebody still is after that time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        process.poll()  # one that has ended stays in its group until somebody asks
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
