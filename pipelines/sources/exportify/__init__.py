"""One person's playlists as CSV from Exportify, the name of several programs that write much the same file."""

from __future__ import annotations

from pipelines.sources.exportify.source import Exportify

__all__ = ["Exportify"]
