"""The forms in which people and programs write the ids of tracks."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.sources.track_ids import isrcs, recording_ids, spotify_track_ids

ID = "0GQW2gDyxgT5IsNEM4osbJ"
MBID = "0a6b2bbf-5ff5-4d10-b2aa-7fd1d3d5b9e1"


@pytest.mark.parametrize(
    ("function", "text", "found"),
    [
        (spotify_track_ids, f"spotify:track:{ID}", f"spotify:track:{ID}"),
        (spotify_track_ids, f"https://open.spotify.com/intl-de/track/{ID}?si=1", f"spotify:track:{ID}"),
        (spotify_track_ids, f"http://open.spotify.com/track/{ID}", f"spotify:track:{ID}"),
        (spotify_track_ids, ID, f"spotify:track:{ID}"),
        (spotify_track_ids, f"spotify:episode:{ID}", None),
        (spotify_track_ids, f"https://open.spotify.com/album/{ID}", None),
        (spotify_track_ids, f"{ID}x", None),
        (spotify_track_ids, "spotify:local:A:B:C:1", None),
        (recording_ids, MBID, f"mbid:{MBID}"),
        (recording_ids, f" {MBID.upper()} ", f"mbid:{MBID}"),
        (recording_ids, MBID[:-1], None),
        (recording_ids, "", None),
        (isrcs, "us-abc-12-34567", "USABC1234567"),
        (isrcs, "USABC12345", None),
    ],
)
def test_an_id_is_recognised_in_its_forms_and_in_no_others(function, text, found):
    assert function(pa.array([text, None])).to_pylist() == [found, None]
