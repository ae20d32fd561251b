"""Other programs as children: started on a free port, watched until they answer, stopped by their own process id."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.atomic import make_folder
from pipelines.errors import ServiceError

_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 - compared with, never bound to
_STOP_SECONDS = 10.0


@dataclass
class Child:
    """A server to start.

    Attributes:
        name: What people call it ("web page").
        command: The program and its arguments.
        host: The address it listens on.
        port: The port it listens on.
        health: The path that answers 200 once it works.
        log: The file its output goes to.
        environment: Variables added to those of this process; an empty value takes one away.
    """

    name: str
    command: Sequence[str]
    host: str
    port: int
    health: str
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{_reachable(self.host)}:{self.port}"

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches us and not the child."""
        merged = {**os.environ, **self.environment}
        environment = {name: value for name, value in merged.items() if value or name not in self.environment}
        make_folder(self.log.parent)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                list(self.command), env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            ServiceError: It has ended.
        """
        if self.process is None or self.process.poll() is not None:
            raise ServiceError(f"it ended: {_last_line(self.log)}", where=self.name, remedy=f"See {self.log}")

    def answers(self) -> bool:
        """Say whether it works by now.

        Raises:
            ServiceError: It has ended.
        """
        self.check()
        connection = http.client.HTTPConnection(_reachable(self.host), self.port, timeout=5)
        with closing(connection):
            try:
                connection.request("GET", self.health)
                return connection.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

    def stop(self) -> None:
        """End it: politely first, then with everything it has started."""
        if self.process is None:
            return
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            if _signal_group(self.process.pid, signal_number):
                try:
                    self.process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
            break
        # What it started lives in the same group, and may outlive it.
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def python_module(*arguments: str) -> list[str]:
    """Return the command that runs a module with the interpreter of this process."""
    return [sys.executable, "-m", *arguments]


@contextmanager
def running(children: Sequence[Child]) -> Iterator[None]:
    """Start children and stop them, last started first, however the block is left; SIGTERM leaves it as Ctrl-C does.

    Further signals while they are being stopped change nothing: an impatient second Ctrl-C must leave nobody behind.
    """
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for child in children:
            child.start()
        yield
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(children):
            child.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


def until_ready(children: Sequence[Child], *, seconds: float) -> Iterator[Child]:
    """Yield each child as soon as it answers.

    Raises:
        ServiceError: One has ended, or does not answer in time.
    """
    waiting, deadline = list(children), time.monotonic() + seconds
    while waiting:
        for child in [each for each in waiting if each.answers()]:
            waiting.remove(child)
            yield child
        if waiting and time.monotonic() > deadline:
            late = waiting[0]
            raise ServiceError(f"it did not answer within {seconds:.0f} s", where=late.name, remedy=f"See {late.log}")
        time.sleep(0.1)


def require_free_port(host: str, port: int, option: str) -> None:
    """Make sure that nobody listens on a port.

    Raises:
        ServiceError: Somebody does, or the address is not one of this machine.
    """
    try:
        with closing(socket.create_server((host, port), reuse_port=False)):
            return
    except OSError as error:
        reason = "is in use" if is_used(host, port) else f"cannot be used ({error.strerror})"
        raise ServiceError(
            f"port {port} {reason}",
            where=host,
            remedy=f"Stop the program that listens there, or choose another port with {option}",
        ) from error


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port where it is free, else another one."""
    if not is_used(host, wanted):
        return wanted
    with closing(socket.create_server((host, 0))) as listener:
        port: int = listener.getsockname()[1]
        return port


def is_used(host: str, port: int) -> bool:
    """Say whether somebody listens on a port."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex((_reachable(host), port)) == 0


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in _EVERYWHERE else host


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _signal_group(group: int, number: int) -> bool:
    """Send a signal to a group we have started; False where nobody is left in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
    return lines[-1][:200] if lines else "it said nothing"
