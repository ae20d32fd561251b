"""A listener's own data and the served catalogue: which tracks it has, and the history that follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.entities.lookup import Found, look_up
from pipelines.data.listening import SERVED_ID, Listening
from pipelines.data.tables import InteractionTable, TrackCatalogue
from pipelines.features.listens import told_once
from pipelines.features.preferences import preferences
from pipelines.release.bundle import ModelBundle
from serving.imports.reading import ReadFile

#: The strongest preferences that make a history; more change no list and cost every call.
LONGEST_HISTORY: Final = 10_000


def find_tracks(listening: Listening, catalogue: TrackCatalogue, aliases: Mapping[str, str]) -> tuple[Listening, Found]:
    """Look up the tracks of some listening; arguments as for ``look_up``."""
    found = look_up(listening.catalogue, catalogue, aliases)
    served = [found.ids.get(track) for track in listening.tracks[c.TRACK_ID].to_pylist()]
    place = listening.tracks.schema.get_field_index(SERVED_ID)
    tracks = listening.tracks.set_column(place, SERVED_ID, pa.array(served, pa.string()))
    return Listening(listening.rows, tracks), found


def looked_up(kept: Mapping[str, Listening], bundle: ModelBundle, but: str | None = None) -> dict[str, Listening]:
    """Return listening by source, its tracks looked up in a bundle's catalogue; without one source, if so wanted."""
    others = {source: listening for source, listening in kept.items() if source != but}
    return {source: find_tracks(each, bundle.catalogue, bundle.aliases)[0] for source, each in others.items()}


def rules_of(bundle: ModelBundle) -> PreferenceRules:
    """Return the rules a bundle was trained with; the defaults where it does not say."""
    return PreferenceRules(**bundle.manifest["lineage"].get("preferences", {}))


def history_of(listening: Listening, rules: PreferenceRules) -> dict[str, float]:
    """Return the listener's history in served tracks, the strongest preference first, as training would make it.

    What several sources tell of one play counts once.

    Args:
        listening: All of one listener's data, its tracks looked up.
        rules: How interactions become strengths.
    """
    served = listening.served()
    once = told_once(listening.rows, pa.chunked_array([served]))
    counted = pc.and_(pa.array(once), pc.is_in(served, value_set=listening.tracks[SERVED_ID].combine_chunks()))
    place = listening.rows.schema.get_field_index(c.TRACK_ID)
    renamed = listening.rows.set_column(place, listening.rows.schema.field(place), served)
    known = preferences(InteractionTable(renamed.filter(counted)), rules)
    strongest = np.argsort(-known.strengths.data, kind="stable")[:LONGEST_HISTORY]
    ids = known.tracks.ids[known.strengths.indices[strongest]]
    return dict(zip(ids.tolist(), known.strengths.data[strongest].astype(float).tolist(), strict=True))


def account_of(read: ReadFile, found: Found) -> dict[str, Any]:
    """Return what became of a file, JSON-ready.

    ``read`` = ``kept`` + all of ``left_out``; ``kept`` = ``matched`` + ``unmatched``; ``tracks`` = ``matched_tracks`` +
    ``unmatched_tracks``, and ``rules`` says how each of the former was found.

    Args:
        read: The file.
        found: Which tracks of its rows are served.
    """
    known = pa.array(found.ids, pa.string())
    matched = pc.sum(pc.is_in(read.kept[c.TRACK_ID], value_set=known)).as_py() or 0
    tracks = pc.unique(read.kept[c.TRACK_ID])
    matched_tracks = pc.sum(pc.is_in(tracks, value_set=known)).as_py() or 0
    return {
        "source": read.source,
        "read": read.read,
        "kept": read.kept.num_rows,
        "left_out": dict(sorted(read.left_out.items(), key=lambda entry: (-entry[1], entry[0]))),
        "matched": matched,
        "unmatched": read.kept.num_rows - matched,
        "tracks": len(tracks),
        "matched_tracks": matched_tracks,
        "unmatched_tracks": len(tracks) - matched_tracks,
    }
