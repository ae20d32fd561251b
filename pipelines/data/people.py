"""People whose own data are read: one listener, whatever the data came through."""

from __future__ import annotations

import re

from pipelines.errors import ConfigError

PREFIX = "person:"
_NAME = re.compile(r"[\w][\w .@+-]{0,63}")


def person_id(listener: str) -> str:
    """Return the user id of a person, by the name they chose here.

    Raises:
        ConfigError: The name is empty, longer than 64 characters, or has other characters than letters, digits, spaces
            and ``. @ + - _``.
    """
    name = listener.strip()
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"'{listener[:64]}' cannot be the name of a listener",
            where="--listener",
            remedy="Use up to 64 letters, digits, spaces and . @ + - _, beginning with a letter or a digit",
        )
    return f"{PREFIX}{name}"


def is_person(user_id: str) -> bool:
    """Tell whether an id is that of a person whose own data were read."""
    return user_id.startswith(PREFIX)


def listener_name(user_id: str) -> str:
    """Return the name a person chose here, from their user id."""
    return user_id.removeprefix(PREFIX)
