"""The long storm: requests without a pause while models are swapped, the worker is killed and the store is away.

    python tests/benchmarks/storm.py FOLDER [--requests 100000]

FOLDER is a new home folder. Every list is held to what its own bundle gives, every piece of feedback has to be in the
store once at the end. Exit status 1 where anything was lost or wrong. Connections may break only while the killed
worker is being replaced; those requests are asked again and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pipelines.home import Home  # noqa: E402
from pipelines.release.champion import set_champion  # noqa: E402
from tests.support.served import serve  # noqa: E402
from tests.support.storms import (  # noqa: E402
    Storm,
    Weather,
    calm,
    kill_the_worker,
    lock_the_store,
    promote,
    recorded,
)
from tests.support.tiny_world import write_tiny_bundle  # noqa: E402
from tests.support.visitors import make_key, with_key  # noqa: E402

HISTORIES = [dict.fromkeys(tracks, 1.0) for tracks in combinations(["t1", "t2", "t3", "t4", "t5"], 2)]


def storm(folder: Path, requests: int) -> tuple[Storm, bool]:
    """Run the storm; give what came of it, and whether the store holds exactly the feedback that was taken.

    Args:
        folder: A new home folder.
        requests: How many requests, at least.
    """
    home = Home(folder)
    bundles = [write_tiny_bundle(home.bundles, name) for name in ("slim", "item-knn", "content")]
    set_champion(home, bundles[0].bundle_id, "the first one")
    key = with_key(make_key(home, "listen", per_minute=1_000_000))
    with TemporaryDirectory() as scratch, serve(Path(scratch), {"CROSSFADE_HOME": str(home.root)}) as service:
        events = [
            promote(home, bundles[1], service),
            lock_the_store(home, service),
            promote(home, bundles[2], service),
            kill_the_worker(service),
            promote(home, bundles[0], service),
        ]
        found = asyncio.run(Weather(service, key, bundles, HISTORIES).blow(requests, events))
        asyncio.run(calm(service))
    return found, sorted(recorded(home)) == sorted(found.told)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=100_000)
    asked = parser.parse_args()
    began = time.perf_counter()
    found, kept = storm(asked.folder, asked.requests)
    print(f"{found.sent:,} requests in {time.perf_counter() - began:.0f} s")
    print(f"  lists {found.answers.total():,} by {len(found.answers)} bundles, feedback {len(found.told):,}")
    print(f"  asked again while the worker was replaced {found.retried}")
    print(f"  lost {len(found.failed)}, wrong {len(found.wrong)}, feedback in the store as taken: {kept}")
    for each in (*found.failed[:3], *found.wrong[:3]):
        print(f"  {each}")
    if found.failed or found.wrong or not kept:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
