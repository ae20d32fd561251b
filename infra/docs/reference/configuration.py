"""The numbers that change results: training, policy, gate; every key with its default and its meaning."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from infra.docs.reference.fields import sections
from infra.docs.reference.markdown import page

_OPENING = """Each file is TOML; one of your own needs only what differs from the defaults, and a key nobody knows is
an error. The hash of the values goes into every run, decision and bundle. The rules of the gate
(`infra/config/gate.toml`, `CROSSFADE_GATE`) are in the [data contract](../data-contract.md), with their reasons."""


def configuration(files: Mapping[str, tuple[str, type[BaseModel]]]) -> str:
    """Return the page.

    Args:
        files: What each file is about -> how it is named or set, and the class of its values.
    """
    parts = [_OPENING]
    for title, (how, kind) in files.items():
        parts += [f"## {title}", how, *(part.replace("## ", "### ", 1) for part in sections(kind))]
    return page("Configuration", "the classes that read the files", *parts)
