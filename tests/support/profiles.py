"""The profile of whole tables, which the gate takes part by part."""

from __future__ import annotations

from pipelines.data import columns as c
from pipelines.data.tables import Tables
from validation.profile import Profile, profile_look_up, profile_rows


def profile_batch(given: Tables, kept: Tables) -> Profile:
    """Return the profile of a batch: of the rows that passed, and how its rows as read fit together."""
    known = given.tracks.data[c.TRACK_ID].combine_chunks()
    parts = (kept.interactions, kept.tracks, kept.playlists)
    looked_up = profile_look_up(given.interactions.data, known)
    return sum((profile_rows(type(part), part.data) for part in parts), looked_up)
