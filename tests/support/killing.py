"""Commands in processes of their own that can be killed (``kill -9``) at any line of the program."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Runs the real command in processes of its own, several at a time, and says how they ended. Each is a fork of one that
#: has imported everything, which takes longer than all the rest. One function may kill its process when it is called,
#: or when it is called for the nth time ("module:function#n").
_COMMANDS = """
import importlib, itertools, json, os, signal, sys
import flows.ingestion, flows.lifecycle, flows.sources, validation.suites
from flows.cli.main import run

def kill(where):
    module, _, path = where.partition(":")
    path, _, nth = path.partition("#")
    owner = importlib.import_module(module)
    *outer, name = path.split(".")
    for each in outer:
        owner = getattr(owner, each)
    whole, calls = getattr(owner, name), itertools.count(1)

    def dies(*arguments, **others):
        if next(calls) >= int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*arguments, **others)

    setattr(owner, name, dies)
    if name == "_spill":
        from pipelines.data import spool
        spool.Spool.__init__.__kwdefaults__["memory_rows"] = 100

def start(arguments, killed_by, environment, log):
    if process := os.fork():
        return process
    with open(log, "ab", buffering=0) as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    os.environ.update(environment)
    if killed_by:
        kill(killed_by)
    sys.argv[1:] = arguments
    os._exit(run())

for line in sys.stdin:
    processes = [start(**each) for each in json.loads(line)]
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in processes]), flush=True)
"""

#: Takes commands, and what kills them; returns how they ended, and the last of what they said.
InProcesses = Callable[..., tuple[list[int], str]]


@contextmanager
def processes(log: Path) -> Iterator[InProcesses]:
    """Give a function that runs commands at the same time, each in a process, and returns how they ended.

    What is to happen while they run, it does with the file of what they say.
    """
    log.touch()
    # A file, because PySpark, where it is installed, ends any program that was given with -c.
    program = log.with_name("commands.py")
    program.write_text(_COMMANDS, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(
            *commands: list[str], killed_by: str | None = None, meanwhile: Callable[[Path], None] = lambda _: None
        ) -> tuple[list[int], str]:
            common = {"environment": dict(os.environ), "log": str(log), "killed_by": killed_by}
            process.stdin.write(json.dumps([{"arguments": each, **common} for each in commands]) + "\n")
            process.stdin.flush()
            meanwhile(log)
            return json.loads(process.stdout.readline()), log.read_text(encoding="utf-8")[-3000:]

        yield run
        process.stdin.close()
