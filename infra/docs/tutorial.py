"""The tutorial as what it tells a reader to type."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial" / "index.md"
REFUSED = "# refused"

_BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_HERE_DOCUMENT = re.compile(r"^cat > (\S+) <<'END'\n(.*?)^END$", re.DOTALL | re.MULTILINE)


def commands(page: str) -> list[str]:
    """Return the commands of a page in order, a here-document as one of them."""
    text = "\n".join(block for _, block in _BLOCK.findall(page))
    whole = _HERE_DOCUMENT.sub(lambda found: found[0].replace("\n", "\0"), text)
    return [line.replace("\0", "\n") for line in whole.splitlines() if line.strip()]


def is_refused(command: str) -> bool:
    """Tell whether the page says that a command ends with exit status 1."""
    return command.rstrip().endswith(REFUSED)
