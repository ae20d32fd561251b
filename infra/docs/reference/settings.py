"""Locations, addresses and switches: what can be set in the environment or in ``crossfade.toml``."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from infra.docs.reference.fields import cells
from infra.docs.reference.markdown import code, page, prose, table

_OPENING = """Where things are, and what is secret. Numbers that change results are not here: they stand in
[configuration](configuration.md). The command line goes before the environment, the environment before the file
`crossfade.toml` in the working folder (`CROSSFADE_SETTINGS` names another), the file before the default. `crossfade
config` shows every value and where it comes from. In the file the names stand without `CROSSFADE_` and in small
letters: `port = 3001`. A secret may
stand in a file instead: `CROSSFADE_STORE_URL_FILE` names one that holds the value."""


def settings(model: type[BaseModel], prefix: str, variables: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        model: The class of the settings; each field says what it means.
        prefix: What stands before a name in the environment.
        variables: Variables that are no settings of that class, with their meaning.
    """
    rows = [
        (code(f"{prefix}{name.upper()}"), *cells(field), prose(field.description or ""))
        for name, field in model.model_fields.items()
    ]
    return page(
        "Settings",
        "`flows/settings.py`",
        _OPENING,
        table(("variable", "type", "default", "meaning"), rows),
        "## In the environment only",
        table(("variable", "meaning"), [(code(name), meaning) for name, meaning in variables.items()]),
    )
