"""Print pip's index settings as shell exports for uv, which reads none of pip's files or variables.

Whatever the person set for uv itself stays as it is. Used by common.sh: eval "$(python pip_settings.py)".
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys

# pip's option, uv's variable, and whether the value is a list
OPTIONS = {
    "index-url": ("UV_DEFAULT_INDEX", False),
    "extra-index-url": ("UV_INDEX", True),
    "find-links": ("UV_FIND_LINKS", True),
    "trusted-host": ("UV_INSECURE_HOST", True),
    "cert": ("SSL_CERT_FILE", False),
    "proxy": ("ALL_PROXY", False),
}


def pip_options() -> dict[str, str]:
    """What 'pip config list' says, the later and stronger source winning: files, then [install], then environment."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, tuple[int, str]] = {}
    for line in listed.splitlines():
        name, separator, value = line.partition("=")
        section, _, option = name.rpartition(".")
        strength = {"global": 0, "install": 1, ":env:": 2}.get(section, -1)
        if separator and strength >= found.get(option, (0, ""))[0]:
            found[option] = (strength, ast.literal_eval(value))
    return {option: value for option, (_, value) in found.items()}


def main() -> None:
    """Print one export line for each setting that uv should know."""
    settings = pip_options()
    for option, (variable, is_list) in OPTIONS.items():
        value = settings.get(option, "").strip()
        if not value or os.environ.get(variable):
            continue
        if is_list:
            # uv separates find-links by commas, the others by blanks
            value = ("," if variable == "UV_FIND_LINKS" else " ").join(value.split())
        print(f"export {variable}={shlex.quote(value)}")
        if variable == "UV_INDEX":
            # pip looks at all indexes together; the locks' hashes keep that safe
            print("export UV_INDEX_STRATEGY=unsafe-best-match")


if __name__ == "__main__":
    main()
