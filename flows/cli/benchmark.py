"""``crossfade benchmark``: every candidate on one's own data, beside the same models of other libraries."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from flows.cli.console import JsonOption, err, print_json, print_table, say, settings_of

app = typer.Typer()
_ROOT: Final = Path(__file__).resolve().parents[2]
_PAGE: Final = _ROOT / "tests" / "benchmarks" / "page.py"


@app.command(rich_help_panel="Models", epilog="Example: crossfade benchmark --candidate slim --candidate hybrid")
def benchmark(
    context: typer.Context,
    snapshot: Annotated[str | None, typer.Option(help="The snapshot's id; by default the latest.")] = None,
    candidate: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this candidate; may be repeated.")
    ] = None,
    peers: Annotated[
        Path | None,
        typer.Option(
            metavar="PYTHON", help="Measure implicit, RecTools and LensKit too, in the environment of this Python."
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="In a checkout: measure all of docs/figures.md again; takes two to three hours."),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Also write the figures as a Markdown page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure accuracy, time, memory and speed of every candidate on the same folds, a process each.

    The environment of the other libraries is made by infra/scripts/peers.sh.
    """
    settings = settings_of(context)
    if everything:
        _page_of_figures()
        return
    from flows.consent import permissions_of
    from flows.latest import latest_snapshot, snapshot_named
    from pipelines.atomic import write_text
    from pipelines.config import CandidateConfig, load_config
    from pipelines.features.build import build_dataset
    from pipelines.recommenders import recommender_names
    from pipelines.testing.benchmark.beside import measure_all
    from pipelines.testing.benchmark.words import HEADER, beside_markdown, cells, machine, size_of

    home, config = settings.layout, load_config(settings.training)
    known = {each.name: each for each in config.candidates}
    chosen = [known.get(name) or CandidateConfig(name=name) for name in candidate or recommender_names()]
    opened = snapshot_named(home, snapshot) if snapshot else latest_snapshot(home)
    dataset = build_dataset(opened, config, permissions_of(settings))
    measured = measure_all(
        dataset, config.evaluation, chosen, peers=peers, tell=lambda name: err().print(f"  {name}", markup=False)
    )
    if out is not None:
        words = f"# Benchmark\n\n{size_of(dataset)}. {machine()}.\n\n{beside_markdown(measured)}\n"
        write_text(out, words)
    if as_json:
        print_json({"snapshot": opened.snapshot_id, "machine": machine(), "models": [asdict(row) for row in measured]})
        return
    columns = {HEADER[0]: "left", HEADER[1]: "left"} | dict.fromkeys(HEADER[2:], "right")
    print_table(size_of(dataset), columns, [cells(row) for row in measured])
    say(machine())


def _page_of_figures() -> None:
    """Measure the project's own page of figures, with the program that stands beside the tests.

    Raises:
        NotSupportedError: This is an installed copy without one.
    """
    from pipelines.errors import NotSupportedError

    if not _PAGE.is_file():
        raise NotSupportedError(
            "the programs that measure the page of figures are not installed", remedy="Call it in a checkout"
        )
    peers = subprocess.run([str(_ROOT / "infra" / "scripts" / "peers.sh")], check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - this project's own program
    if peers.returncode:
        raise typer.Exit(peers.returncode)
    done = subprocess.run([sys.executable, str(_PAGE)], check=False)  # noqa: S603 - this project's own program
    raise typer.Exit(done.returncode)
