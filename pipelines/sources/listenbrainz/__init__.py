"""ListenBrainz: the dump of everybody's listens, and the export of one's own."""

from __future__ import annotations

from pipelines.sources.listenbrainz.dump import ListenBrainz
from pipelines.sources.listenbrainz.export import ListenBrainzExport

__all__ = ["ListenBrainz", "ListenBrainzExport"]
