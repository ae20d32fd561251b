"""The page of figures, docs/figures.md, measured anew: ``crossfade benchmark --all``, or only some of its sections:

    make benchmark ARGS="ranking metrics"

A section is what one of the programs beside this one prints, with the day, the machine and the commit; the others stay
as they are. Needs the real data sets and, beside other libraries, their environment (infra/scripts/peers.sh).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from pipelines.atomic import write_text
from pipelines.testing.benchmark.words import measured_when, table

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
PAGE = ROOT / "docs" / "figures.md"
PEERS = ROOT / ".tools" / "peers" / "bin" / "python"

#: Section of the page -> the program that measures it, with its arguments.
SECTIONS: dict[str, tuple[str, ...]] = {
    "accuracy": ("accuracy.py",),
    "cold": ("cold_tracks.py",),
    "tags": ("held_out_tags.py",),
    "beside": ("beside.py",),
    "scale": ("slim_scale.py",),
    "ranking": ("ranking.py",),
    "batch": ("batch.py",),
    "spark": ("spark.py",),
    "metrics": ("evaluation.py", str(PEERS)),
    "machinery": ("orchestration.py",),
    "service": ("serving.py", str(ROOT / ".tools" / "bundles")),
}


def main() -> None:
    """Measure the sections that are named, or all, and put each between its marks in the page."""
    chosen = sys.argv[1:] or list(SECTIONS)
    if unknown := set(chosen) - set(SECTIONS):
        sys.exit(f"There is no section {', '.join(sorted(unknown))}: choose from {', '.join(SECTIONS)}.")
    for name in chosen:
        print(f"== {name}", file=sys.stderr, flush=True)
        program, *arguments = SECTIONS[name]
        command = [sys.executable, str(HERE / program), *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        body = f"{as_markdown(done.stdout)}\n\n*{measured_when()}*"
        write_text(PAGE, between_marks(PAGE.read_text(encoding="utf-8"), name, body))


def as_markdown(printed: str) -> str:
    """Return what a program printed: its last line as a table where that is rows of JSON, else all of it."""
    lines = printed.strip().splitlines()
    if lines[-1].startswith("[{"):
        return _rows(json.loads(lines[-1]))
    if any(line.startswith(("| ---", "|---")) for line in lines):
        return printed.strip()
    return "\n".join(f"- {line}" for line in lines)


def _rows(rows: list[dict[str, object]]) -> str:
    header = list(dict.fromkeys(name for row in rows for name in row))
    return table(header, [[_cell(row.get(name)) for name in header] for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def between_marks(text: str, name: str, body: str) -> str:
    """Return the text with what stands between the marks of a section replaced.

    Raises:
        ValueError: The text has no such section.
    """
    start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
    before, found, rest = text.partition(start)
    _, also, after = rest.partition(end)
    if not (found and also):
        raise ValueError(f"the page has no section {name}")
    return f"{before}{start}\n{body}\n{end}{after}"


if __name__ == "__main__":
    main()
