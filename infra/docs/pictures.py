"""The pictures of the documentation, taken anew from real services by a headless Chromium: ``make pictures``.

python -m infra.docs.pictures [HOME]      a home folder whose loop has run; without one the demo runs first
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from infra.docs import pipeline_picture
from tests.browser.screenshots import ARGUMENTS, NAMES, Camera, export_of, listening, shaped, taste
from tests.support.served import free_port

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
LIMIT = 150_000
_PATIENCE = 120_000
#: What MLflow's page remembers of a visitor: models are what they came for, and nobody to chat with.
_MLFLOW = {
    "mlflow.workflowType_v1": '"machine_learning"',
    "mlflow.assistant.panelOpen_v1": "false",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": "true",
}


def main() -> None:
    """Take every picture, and draw the pipeline."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("home", type=Path, nargs="?")
    given: Path | None = asked.parse_args().home
    pipeline_picture.main()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        home = (given or folder / "home").resolve()
        if not (home / "champion.json").exists():
            _crossfade(home, "demo", folder=folder)
        refused = refused_delivery(folder)
        with serving(home) as addresses, chromium() as browser:
            take_all(browser, addresses, home, refused, folder)
        for picture in sorted(folder.glob("*.png")):
            keep(picture)


def take_all(browser: Browser, addresses: Mapping[str, str], home: Path, refused: Path, folder: Path) -> None:
    """Take a PNG of each scene into a folder."""
    camera = Camera(browser, addresses["web page"], folder)
    camera.take("mix", shaped, 1440, "light")
    camera.take("mix-dark", shaped, 1440, "dark")
    camera.take("mix-small-dark", taste, 360, "dark")
    camera.take("listening", partial(listening, export=export_of(addresses["web page"], folder)), 1024, "light")
    training = (home / "reports" / "LATEST").read_text(encoding="utf-8").strip()
    pages = {
        "data-docs": (refused.as_uri(), "h1", {}),
        "report": ((home / "reports" / training / "report.html").as_uri(), "h1", {}),
        "prefect-run": (prefect_run(addresses["Prefect"]), "text=/lifecycle of/", {}),
        "mlflow-compare": (mlflow_compare(addresses["MLflow"]), "text=Run details", _MLFLOW),
    }
    for name, (url, ready, remembered) in pages.items():
        with visit(browser, remembered) as page:
            page.goto(url, timeout=_PATIENCE)
            page.locator(ready).first.wait_for(timeout=_PATIENCE)
            page.wait_for_timeout(12_000)  # charts draw themselves, and nothing says when they have
            page.screenshot(path=folder / f"{name}.png")


def refused_delivery(folder: Path) -> Path:
    """Let the gate judge the broken delivery of the tutorial, and return the page about it."""
    subprocess.run([sys.executable, ROOT / "docs" / "examples" / "radio.py"], cwd=folder, check=True)
    files = ("--interactions", "broken.csv", "--tracks", "tracks.csv")
    told = _crossfade(folder / "radio", "validate", "files", *files, "--json", folder=folder, fails=True)
    return Path(str(json.loads(told)["docs"]).removeprefix("file://"))


def prefect_run(address: str) -> str:
    """Return the address of the page about the last lifecycle."""
    wanted = {
        "sort": "END_TIME_DESC",
        "limit": 1,
        "flows": {"name": {"any_": ["lifecycle"]}},
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}},
    }
    found = httpx.post(f"{address}/api/flow_runs/filter", json=wanted, timeout=60).raise_for_status().json()
    return f"{address}/runs/flow-run/{found[0]['id']}"


def mlflow_compare(address: str) -> str:
    """Return the address at which the candidates of the last training stand side by side."""
    api = f"{address}/api/2.0/mlflow"
    wanted = {"experiment_name": "crossfade"}
    experiment = httpx.get(f"{api}/experiments/get-by-name", params=wanted, timeout=60).raise_for_status().json()
    number = experiment["experiment"]["experiment_id"]
    search = partial(httpx.post, f"{api}/runs/search", timeout=60)
    runs = search(json={"experiment_ids": [number], "max_results": 1000}).raise_for_status().json()["runs"]
    parents = {run["info"]["run_id"]: _tags(run).get("mlflow.parentRunId") for run in runs}
    training = next(run for run, parent in parents.items() if parent is None)
    candidates = [run for run, parent in parents.items() if parent == training]
    return f"{address}/#/compare-runs?runs={quote(json.dumps(candidates))}&experiments={quote(json.dumps([number]))}"


def keep(picture: Path) -> None:
    """Write a picture as WebP to where the documentation has it; as small as it must be."""
    target = PICTURES / f"{picture.stem}.webp"
    image = Image.open(picture)
    for quality in (85, 75, 65, 50):
        image.save(target, quality=quality, method=6)
        if target.stat().st_size <= LIMIT:
            break
    print(f"docs/pictures/{target.name}  {target.stat().st_size:,} bytes")


@contextmanager
def serving(home: Path) -> Iterator[Mapping[str, str]]:
    """Run the service with the pages of MLflow and Prefect, and give their addresses by name."""
    ports = {name: str(free_port()) for name in ("PORT", "MLFLOW_PORT", "PREFECT_PORT")}
    environment = os.environ | {f"CROSSFADE_{name}": port for name, port in ports.items()}
    command = [sys.executable, "-m", "flows.cli.main", "--home", str(home), "serve", "--ui"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            found: dict[str, str] = {}
            for line in process.stdout or ():
                if address := re.fullmatch(r"(\S.*?)\s+(http://\S+)\s*", line):
                    found[address[1]] = address[2]
                if len(found) == len(ports):
                    break
            yield found
        finally:
            process.terminate()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser of the browser tests."""
    named = (os.environ.get("CROSSFADE_CHROMIUM"), *NAMES)
    found = next(path for name in named if name and (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visit(browser: Browser, remembered: Mapping[str, str]) -> Iterator[Page]:
    """Open a tab whose pages find what they would remember of a visitor."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    for name, value in remembered.items():
        context.add_init_script(f"localStorage.setItem({json.dumps(name)}, {json.dumps(value)})")
    yield context.new_page()
    with suppress(Exception):  # a page that is still loading something may not let go
        context.close()


def _tags(run: Mapping[str, Mapping[str, list[Mapping[str, str]]]]) -> Mapping[str, str]:
    return {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}


def _crossfade(home: Path, *arguments: str, folder: Path, fails: bool = False) -> str:
    command = [sys.executable, "-m", "flows.cli.main", "--home", str(home), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=not fails)
    return done.stdout


if __name__ == "__main__":
    main()
