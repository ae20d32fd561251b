"""How fast the service answers, as shares of what the same server does with nothing to do; how long a worker starts.

    python tests/benchmarks/serving.py FOLDER [--tracks 100000] [--seconds 5]

FOLDER keeps the large bundles between runs. Throughput is measured by wrk (Debian's package) with 8 connections, the
median of alternating rounds, service and bare application in turn, so that what else the machine does hits both. The
bare application is Starlette on uvicorn with the same settings, answering ``{}`` to a POST. Latencies are measured at a
fixed rate with a clock that does not wait: each request has its time to be sent, and its latency counts from then,
whether or not earlier ones were answered (no coordinated omission; Tene 2013, wrk2).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import numpy as np
import psutil  # type: ignore[import-untyped]  # BentoML brings it

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pipelines.release.bundle import ModelBundle, read_bundle  # noqa: E402
from pipelines.testing.large_bundles import write_large_bundle  # noqa: E402
from tests.support.served import Served, free_port, serve  # noqa: E402

CONNECTIONS = 8
HISTORY = 50
LIST = 20

#: The same server with nothing to do: what its throughput is compared with.
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def nothing(request):
    await request.body()
    return Response(b"{}", media_type="application/json")

app = Starlette(routes=[Route("/", nothing, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, server_header=False, access_log=False)
"""

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


def large_bundle(folder: Path, n_tracks: int) -> ModelBundle:
    """Return the large bundle of this size in a folder, made where it is not there."""
    note = folder / f"{n_tracks}.txt"
    if not note.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(write_large_bundle(folder, n_tracks).path.name)
    return read_bundle(folder / note.read_text())


def histories(bundle: ModelBundle, n: int = 2_000, seed: int = 1) -> list[dict[str, int]]:
    """Return histories of fifty tracks anywhere in the catalogue, popular ones more often."""
    rng = np.random.default_rng(seed)
    drawn = (len(bundle.tracks) * rng.random((n, 2 * HISTORY)) ** 2).astype(np.int64)
    chosen = [list(dict.fromkeys(row))[:HISTORY] for row in drawn.tolist()]
    return [{bundle.tracks[track]: int(rng.integers(1, 30)) for track in row} for row in chosen]


def queries(bundle: ModelBundle, n: int = 2_000, seed: int = 2) -> list[str]:
    """Return what people type: beginnings of titles, whole titles, and every fourth with a typing error."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        title = json.loads(bundle.shown[int(len(bundle.tracks) * rng.random() ** 2)])["title"]
        text = title[: int(rng.integers(1, len(title) + 1))]
        place = int(rng.integers(len(text)))
        found.append(text if number % 4 else f"{text[:place]}x{text[place + 1 :]}")
    return found


@contextmanager
def bare(scratch: Path) -> Iterator[tuple[str, int]]:
    """Run the bare application; gives its address and its process."""
    port = free_port()
    with (scratch / "bare.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", BARE, str(port)], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def served(scratch: Path, bundle: ModelBundle, **environment: str) -> AbstractContextManager[Served]:
    """Serve a bundle by BentoML with one worker."""
    return serve(scratch, {"CROSSFADE_BUNDLE": str(bundle.path), **environment})


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
    before = _cpu(pid)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    spent = _cpu(pid) - before
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    answered = re.search(r"(\d+) requests in", said)
    assert rate, said
    assert answered, said
    assert "Non-2xx" not in said, said
    return Load(float(rate[1]), 1e6 * spent / int(answered[1]))


def _cpu(pid: int) -> float:
    """Return the processor seconds of a process and those below it."""
    parent = psutil.Process(pid)
    times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


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


def compare(bundle: ModelBundle, seconds: float, rounds: int = 3) -> dict[str, float]:
    """Return how the service compares with the bare application, and its latencies at half of what it can do."""
    asked = [json.dumps({"history": history, "k": LIST}) for history in histories(bundle)]
    typed = [json.dumps({"query": query, "k": 8}) for query in queries(bundle)]
    with TemporaryDirectory() as name, bare(Path(name)) as (nothing, idle), served(Path(name), bundle) as service:
        lists, search = f"{service.url}/v1/recommendations", f"{service.url}/v1/search"
        scratch, pid = Path(name), service.process.pid
        for url, server, bodies in ((nothing, idle, asked), (lists, pid, asked), (search, pid, typed)):
            saturation(url, server, bodies, scratch, 2)
        pairs = [
            (saturation(nothing, idle, asked, scratch, seconds), saturation(lists, pid, asked, scratch, seconds))
            for _ in range(rounds)
        ]
        able = median(full.per_second for _, full in pairs)
        waited = latencies(lists, asked, able / 2, seconds)
        searching = saturation(search, pid, typed, scratch, seconds)
        waited_search = latencies(search, typed, min(100.0, searching.per_second / 2), seconds)
    return {
        "bare_per_second": median(empty.per_second for empty, _ in pairs),
        "lists_per_second": able,
        "share_of_bare": median(full.per_second / empty.per_second for empty, full in pairs),
        "bare_cpu_us": median(empty.cpu_us for empty, _ in pairs),
        "list_cpu_us": median(full.cpu_us for _, full in pairs),
        "share_of_bare_by_cpu": median(empty.cpu_us / full.cpu_us for empty, full in pairs),
        **_percentiles("list_ms_at_half", waited),
        "searches_per_second": searching.per_second,
        "search_cpu_us": searching.cpu_us,
        **_percentiles("search_ms", waited_search),
    }


def start_up(bundle: ModelBundle) -> dict[str, float]:
    """Return how long a new process takes to open a bundle and to answer, and what of its memory is its own."""
    code = """
import resource, sys, time
from pathlib import Path
began = time.perf_counter()
from pipelines.release.bundle import read_bundle
from serving.engine import Engine
imported = time.perf_counter()
engine = Engine(read_bundle(Path(sys.argv[1])))
opened = time.perf_counter()
engine.recommend({engine.bundle.tracks[7]: 1.0}, 20)
engine.search("ba", 8)
answered = time.perf_counter()
own = sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Private_Dirty"))
print(imported - began, opened - imported, answered - opened, own / 1024)
"""
    command = [sys.executable, "-c", code, str(bundle.path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = ("import_s", "open_s", "first_answers_s", "own_memory_mb")
    return dict(zip(names, map(float, said.split()), strict=True))


def ready_after(bundle: ModelBundle) -> float:
    """Return the seconds from starting ``bentoml serve`` until /readyz says yes."""
    with TemporaryDirectory() as name:
        began = time.perf_counter()
        with served(Path(name), bundle) as service:
            while httpx.get(f"{service.url}/readyz").status_code != httpx.codes.OK:
                time.sleep(0.02)
            return time.perf_counter() - began


def _percentiles(name: str, waited: np.ndarray) -> dict[str, float]:
    return {f"{name}_p{each}": float(np.percentile(waited, each)) for each in (50, 99)}


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.post(url, json={})
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nothing answers at {url}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, nargs="+", default=[100_000])
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install wrk")
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for n_tracks in asked.tracks:
        bundle = large_bundle(asked.folder, n_tracks)
        print(f"{n_tracks:,} tracks")
        figures = start_up(bundle) | {"ready_s": ready_after(bundle)} | compare(bundle, asked.seconds)
        for name, value in figures.items():
            print(f"  {name:24} {value:10.3f}")


if __name__ == "__main__":
    main()
