"""The environment, with secrets that stand in files: what Docker, Kubernetes and systemd mount instead of variables."""

from __future__ import annotations

from collections.abc import Mapping
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
