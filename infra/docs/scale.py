"""The page of growth, docs/scale.md: its tables and pictures, and the model asked about a world of one's own.

``python -m infra.docs.scale`` writes the tables and pictures anew; a test compares them with the figures. With a size
it prints a plan instead, and with prices what it costs:

    python -m infra.docs.scale --plays 3e8 --tracks 4e6 --listeners 2e6 --cores 16 --memory 128 --core-hour 0.05
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.docs.scale_picture import picture
from infra.docs.scale_tables import plan, sections
from pipelines.atomic import write_text
from pipelines.testing.capacity.planning import Machine, Price
from pipelines.testing.capacity.stages import Laws, laws_of
from pipelines.testing.capacity.worlds import World
from tests.benchmarks.capacity import measured
from tests.benchmarks.page import between_marks

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "scale.md"
PICTURES = {"work": DOCS / "pictures" / "scale-work.svg", "memory": DOCS / "pictures" / "scale-memory.svg"}


def main() -> None:
    """Write what has changed, or print a plan."""
    arguments = arguments_of(sys.argv[1:])
    if arguments.plays:
        print(plan(*asked(arguments)))
        return
    for path, text in rendered().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(path, text)
            print(path.relative_to(DOCS.parent))


def rendered() -> Mapping[Path, str]:
    """Return the page with its tables made anew, and the pictures."""
    rows = measured()
    laws = laws_of(rows)
    page = PAGE.read_text(encoding="utf-8")
    for name, body in sections(rows, laws).items():
        page = between_marks(page, name, body)
    return {PAGE: page} | {path: picture(name, laws) for name, path in PICTURES.items()}


def asked(arguments: argparse.Namespace) -> tuple[World, Sequence[Laws], Machine, Price]:
    """Return what is asked for: the world, the laws, the machine and the prices."""
    plays = arguments.plays
    world = World(plays, arguments.tracks or plays / 20, arguments.listeners or plays / 50)
    machine = Machine(arguments.cores, arguments.memory, arguments.hours)
    return world, laws_of(measured()), machine, Price(arguments.core_hour, arguments.gib_hour)


def arguments_of(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Write docs/scale.md anew, or plan for a world.")
    parser.add_argument("--plays", type=float, help="plan for so many; by default the page is written")
    parser.add_argument("--tracks", type=float, help="by default one for 20 plays")
    parser.add_argument("--listeners", type=float, help="by default one for 50 plays")
    parser.add_argument("--cores", type=int, default=16, help="of one machine")
    parser.add_argument("--memory", type=float, default=128, help="of one machine, in GiB")
    parser.add_argument("--hours", type=float, default=8, help="that a night has")
    parser.add_argument("--core-hour", type=float, default=0.0, help="what you pay for a core for an hour")
    parser.add_argument("--gib-hour", type=float, default=0.0, help="what you pay for a GiB for an hour")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
