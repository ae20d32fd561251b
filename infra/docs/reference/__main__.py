"""``python -m infra.docs.reference`` writes the reference pages anew."""

from __future__ import annotations

from pathlib import Path

from infra.docs.reference.pages import reference_pages
from pipelines.atomic import write_text

DOCS = Path(__file__).resolve().parents[3] / "docs"


def main() -> None:
    """Write every page that has changed, and name it."""
    for path, text in reference_pages().items():
        target = DOCS / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            write_text(target, text)
            print(f"docs/{path}")


if __name__ == "__main__":
    main()
