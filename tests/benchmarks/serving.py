"""How fast the service answers, as shares of what an application with nothing to do answers; how long a worker starts.

    python tests/benchmarks/serving.py FOLDER [--tracks 100000] [--seconds 5]

FOLDER keeps the large bundles between runs. Throughput is measured by wrk (Debian's package) with 8 connections, the
median of alternating rounds, service and bare applications in turn, so that what else the machine does hits all. A bare
application is Starlette on uvicorn, answering ``{}`` to the same POST: once as uvicorn is installed by itself (on
h11), and once on what the service brings along (httptools).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import numpy as np

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pipelines.release.bundle import ModelBundle, read_bundle  # noqa: E402
from pipelines.testing.benchmark.words import table  # noqa: E402
from pipelines.testing.large_bundles import write_large_bundle  # noqa: E402
from tests.benchmarks.load import Load, latencies, saturation  # noqa: E402
from tests.support.served import Served, free_port, serve  # noqa: E402

HISTORY = 50
LIST = 20

#: A server with nothing to do: what the service's throughput is compared with.
BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

async def nothing(request):
    await request.body()
    return Response(b"{}", media_type="application/json")

app = Starlette(routes=[Route("/", nothing, methods=["POST"])])
port, http = sys.argv[1:]
uvicorn.run(app, host="127.0.0.1", port=int(port), http=http, log_config=None, server_header=False)
"""

#: What a bare application reads requests by: as uvicorn is installed by itself, and with what the service brings along.
PLAIN, ALIKE = "h11", "httptools"


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
def bare(scratch: Path, by: str) -> Iterator[tuple[str, int]]:
    """Run a bare application; gives its address and its process."""
    port = free_port()
    with (scratch / "bare.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", BARE, str(port), by], stdout=log, stderr=log)
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


def compare(bundle: ModelBundle, seconds: float, rounds: int = 5) -> dict[str, str]:
    """Return how the service compares with bare applications, and its latencies at half of what it can do."""
    asked = [json.dumps({"history": history, "k": LIST}) for history in histories(bundle)]
    typed = [json.dumps({"query": query, "k": 8}) for query in queries(bundle)]
    with (
        TemporaryDirectory() as name,
        bare(Path(name), PLAIN) as plain,
        bare(Path(name), ALIKE) as alike,
        served(Path(name), bundle) as service,
    ):
        scratch, pid = Path(name), service.process.pid
        lists, search = (f"{service.url}/v1/{call}" for call in ("recommendations", "search"))
        servers = (*plain, asked), (*alike, asked), (lists, pid, asked)
        for each in (*servers, (search, pid, typed)):
            saturation(*each, scratch, 2)
        loads = [[saturation(*each, scratch, seconds) for each in servers] for _ in range(rounds)]
        able = median(full.per_second for *_, full in loads)
        waited = latencies(lists, asked, able / 2, seconds)
        searching = saturation(search, pid, typed, scratch, seconds)
        waited_search = latencies(search, typed, min(100.0, searching.per_second / 2), seconds)
    return {
        "a bare application on uvicorn as it comes (h11)": _middle(loads, 0),
        "a bare application on httptools too": _middle(loads, 1),
        f"lists of {LIST} by a history of {HISTORY}": _middle(loads, 2),
        "share of the bare application on uvicorn as it comes": _share(loads, 0),
        "share of the one on httptools": _share(loads, 1),
        "latency of a list at half of that rate": _percentiles(waited),
        "searches": _words(searching),
        "latency of a search at 100 a second": _percentiles(waited_search),
    }


def _words(load: Load) -> str:
    return f"{load.per_second:,.0f} a second, {load.cpu_us:.0f} us of processor time each"


def _middle(rounds: Sequence[Sequence[Load]], place: int) -> str:
    """Return the median load of one of the servers."""
    loads = [each[place] for each in rounds]
    return _words(Load(median(each.per_second for each in loads), median(each.cpu_us for each in loads)))


def _share(rounds: Sequence[Sequence[Load]], place: int) -> str:
    """Return the service's share of a bare application: the median of the rounds' shares, and their range."""
    shares = sorted(each[-1].per_second / each[place].per_second for each in rounds)
    by_cpu = median(each[place].cpu_us / each[-1].cpu_us for each in rounds)
    return f"{median(shares):.1%} ({shares[0]:.1%} to {shares[-1]:.1%}); by processor time {by_cpu:.1%}"


def start_up(bundle: ModelBundle) -> dict[str, str]:
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
    imports, opens, answers, own = map(float, said.split())
    return {
        "a worker imports, opens the bundle, answers first": f"{imports:.2f} + {opens:.2f} + {answers:.2f} s",
        "memory of a worker that is its own": f"{own:.0f} MB",
    }


def ready_after(bundle: ModelBundle) -> float:
    """Return the seconds from starting ``bentoml serve`` until /readyz says yes."""
    with TemporaryDirectory() as name:
        began = time.perf_counter()
        with served(Path(name), bundle) as service:
            while httpx.get(f"{service.url}/readyz").status_code != httpx.codes.OK:
                time.sleep(0.02)
            return time.perf_counter() - began


def _percentiles(waited: np.ndarray) -> str:
    return " / ".join(f"{np.percentile(waited, each):.1f}" for each in (50, 99)) + " ms (p50 / p99)"


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
    measured = {}
    for n_tracks in asked.tracks:
        bundle = large_bundle(asked.folder, n_tracks)
        ready = {"`bentoml serve` until `/readyz` says yes": f"{ready_after(bundle):.1f} s"}
        figures = compare(bundle, asked.seconds) | start_up(bundle) | ready
        measured[f"{n_tracks:,} tracks"] = figures
    print(table(["", *measured], [[what, *(each[what] for each in measured.values())] for what in figures]))


if __name__ == "__main__":
    main()
