"""The environment: variables set for a while, and secrets that stand in files.

Files are what Docker, Kubernetes and systemd mount instead of variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pipelines.errors import ConfigError

PREFIX: Final = "CROSSFADE_"
_SUFFIX: Final = "_FILE"


def with_files(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, each ``CROSSFADE_<NAME>_FILE`` replaced by ``CROSSFADE_<NAME>`` with what the file holds.

    A line feed at the end of the file does not count.

    Raises:
        ConfigError: The variable is set as well, or the file cannot be read or holds nothing. An empty one is refused
            because an empty setting means the default, and a lost secret must not pass for that.
    """
    found = dict(variables)
    for name, path in variables.items():
        if name.startswith(PREFIX) and name.endswith(_SUFFIX) and path:
            del found[name]
            plain = name.removesuffix(_SUFFIX)
            if found.get(plain):
                raise ConfigError(f"{plain} is set as well", where=name, remedy="Set one of the two")
            found[plain] = _content(Path(path), name)
    return found


@contextmanager
def variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, which those it starts inherit, and put back in the end what was there before."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ |= variables
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _content(path: Path, name: str) -> str:
    try:
        content = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(
            f"{path} cannot be read ({why})", where=name, remedy="Check that the secret is mounted"
        ) from error
    if not content:
        raise ConfigError(f"{path} is empty", where=name, remedy="Write the secret into it")
    return content
