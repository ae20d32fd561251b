"""Spotify's id of a track, whatever it goes by here."""

import pytest

from pipelines.data.spotify_ids import spotify_id_of

ONE, OTHER = "4uLU6hMCjMI75M1A2tKUQC", "7GhIk7Il098yCjg4BQjzvb"


@pytest.mark.parametrize(
    ("track_id", "aliases", "expected"),
    [
        (f"spotify:track:{ONE}", (), ONE),
        (f"spotify:track:{ONE}", (f"spotify:track:{OTHER}",), ONE),
        ("mbid:8f3471b5", (f"spotify:track:{OTHER}", f"spotify:track:{ONE}"), ONE),
        ("mbid:8f3471b5", ("lastfm:ab",), None),
        (f"spotify:track:{ONE[:-1]}", (), None),
        (f"spotify:track:{ONE}x", (), None),
        (f"spotify:album:{ONE}", (), None),
        (f"spotify:track:{ONE}\n", (), None),
        (ONE, (), None),
    ],
)
def test_only_an_id_of_spotify_counts_and_the_tracks_own_comes_first(track_id, aliases, expected):
    assert spotify_id_of(track_id, aliases) == expected
