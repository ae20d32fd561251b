"""How long a person waits for the first list: from the click on a ready taste until the list stands on the page.

    python tests/benchmarks/click_to_list.py FOLDER [--tracks 100000] [--visits 20]

FOLDER keeps the large bundles between runs. A real headless Chromium on the same machine opens the page anew each time;
the clock is the browser's, from the click until the frame after the list has changed. What the first load transfers is
printed beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.benchmarks.serving import large_bundle, served  # noqa: E402

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

#: Clicks on the first taste and waits for another list.
CLICK = """
() => new Promise((resolve) => {
  const list = document.getElementById("list");
  const before = list.textContent;
  const began = performance.now();
  const seen = new MutationObserver(() => {
    if (list.textContent === before || !list.querySelector(".row")) return;
    seen.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - began));
  });
  seen.observe(list, { childList: true, subtree: true, characterData: true });
  document.querySelector("#taste-list button").click();
})
"""

#: What the browser fetched for the page so far, in bytes on the line.
TRANSFERRED = """
() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => sum + entry.transferSize, 0)
"""


def visit(page: Page, url: str) -> tuple[float, int]:
    """Return the milliseconds from click to list, and the bytes of the first load."""
    page.goto(url)
    page.locator("#list .row").first.wait_for()
    page.locator("#taste-list button").first.wait_for()
    transferred = int(page.evaluate(TRANSFERRED))
    return float(page.evaluate(CLICK)), transferred


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tracks", type=int, default=100_000)
    parser.add_argument("--visits", type=int, default=20)
    asked = parser.parse_args()
    browser = os.environ.get("CROSSFADE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not browser:
        raise SystemExit("no Chromium is installed: apt-get install chromium")
    waits, sizes = [], []
    bundle = large_bundle(asked.folder, asked.tracks)
    with TemporaryDirectory() as name, served(Path(name), bundle) as service, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for _ in range(asked.visits):
            page = chromium.new_page()
            wait, size = visit(page, service.url)
            waits.append(wait)
            sizes.append(size)
            page.close()
        chromium.close()
    print(json.dumps({
        "visits": asked.visits,
        "click_to_list_ms": round(median(waits), 1),
        "slowest_twentieth_ms": round(quantiles(waits, n=20)[-1], 1),
        "first_load_bytes": max(sizes),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
