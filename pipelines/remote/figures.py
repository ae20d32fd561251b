"""The figures of monitoring in an object store: written by the flow, shown by services that share no disk with it."""

from __future__ import annotations

from typing import Final

from pipelines.atomic import write_text
from pipelines.home import Home
from pipelines.remote.store import Remote

FIGURES: Final = "monitoring/crossfade.prom"


def publish_figures(home: Home, remote: Remote) -> None:
    """Publish what monitoring found last.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    remote.write(FIGURES, home.monitoring_figures.read_bytes())


def pull_figures(home: Home, remote: Remote) -> None:
    """Fetch what monitoring found last, where that is news; nothing where it never ran.

    Raises:
        RemoteError: The store does not answer or refuses.
    """
    found = remote.read(FIGURES)
    if found is None:
        return
    text, path = found.decode(errors="replace"), home.monitoring_figures
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)
