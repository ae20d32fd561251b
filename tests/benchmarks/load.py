"""Asking a server without a pause, by wrk, and at a fixed rate, by a clock that does not wait.

At a fixed rate each request has its time to be sent, and its latency counts from then, whether or not earlier ones were
answered (no coordinated omission; Tene 2013, wrk2).
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np

from tests.benchmarks.processes import processor_seconds

CONNECTIONS = 8

#: Sends the bodies of a file, one a line, in turn.
LUA = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local next = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  next = next %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[next])
end
"""


class Load(NamedTuple):
    """What a server did while it was asked without a pause.

    Attributes:
        per_second: Answers a second.
        cpu_us: Processor time of an answer, microseconds: steadier than the rate where the machine does other things.
    """

    per_second: float
    cpu_us: float


def saturation(url: str, pid: int, bodies: Sequence[str], scratch: Path, seconds: float) -> Load:
    """Ask with 8 connections that never rest; anything but a success is an error.

    Args:
        url: What to ask.
        pid: The server's process; its children count too.
        bodies: What to send, in turn.
        scratch: A folder for the load generator's script.
        seconds: How long.
    """
    (scratch / "bodies").write_text("\n".join(bodies), encoding="utf-8")
    (scratch / "bodies.lua").write_text(LUA % (scratch / "bodies"), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-s", str(scratch / "bodies.lua"), url]
    before = processor_seconds(pid)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = processor_seconds(pid) - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    answered = re.search(r"(\d+) requests in", said)
    assert rate, said
    assert answered, said
    assert "Non-2xx" not in said, said
    return Load(float(rate[1]), 1e6 * spent / int(answered[1]))


def latencies(url: str, bodies: Sequence[str], rate: float, seconds: float) -> np.ndarray:
    """Return the latencies (ms) of requests sent at a fixed rate, each counted from when it was due."""
    return asyncio.run(_at_rate(url, bodies, rate, seconds))


async def _at_rate(url: str, bodies: Sequence[str], rate: float, seconds: float) -> np.ndarray:
    target = httpx.URL(url)
    n = int(rate * seconds)
    due: asyncio.Queue[int] = asyncio.Queue()
    found = np.full(n, np.nan)
    began = time.perf_counter() + 0.2

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(target.host, target.port)
        head = f"POST {target.path} HTTP/1.1\r\nHost: {target.host}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        while (number := await due.get()) >= 0:
            body = bodies[number % len(bodies)].encode()
            writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            assert length
            await reader.readexactly(int(length[1]))
            found[number] = time.perf_counter() - (began + number / rate)
        writer.close()

    open_ = [asyncio.create_task(connection()) for _ in range(64)]
    for number in range(n):
        late = began + number / rate - time.perf_counter()
        if late > 0:
            await asyncio.sleep(late)
        due.put_nowait(number)
    for _ in open_:
        due.put_nowait(-1)
    await asyncio.gather(*open_)
    return found * 1e3
