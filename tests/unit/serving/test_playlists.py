"""Playlists as files: what stands in them, and what cannot get into them."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.base import PersonOptions
from pipelines.sources.exportify import Exportify
from serving.playlists import PlaylistTrack, file_name, to_csv, to_jspf

ID = "4uLU6hMCjMI75M1A2tKUQC"
MBID = "8f3471b5-7e6a-48da-86a9-c1c07a0f47ae"
TRACKS = [
    PlaylistTrack("t1", "Jóga", ("Björk",), "Homogenic", 305_000, ID),
    PlaylistTrack(f"mbid:{MBID}", "Two", ("Tyler, The Creator", "B")),
    PlaylistTrack("hetrec-lastfm:89", "Three"),
]
texts = st.text(max_size=30)


def test_jspf_names_what_is_known_and_the_addresses_others_know():
    assert json.loads(to_jspf("Slow mornings", TRACKS)) == {
        "playlist": {
            "title": "Slow mornings",
            "creator": "Crossfade",
            "track": [
                {
                    "title": "Jóga",
                    "creator": "Björk",
                    "album": "Homogenic",
                    "duration": 305_000,
                    "identifier": [f"spotify:track:{ID}"],
                },
                {
                    "title": "Two",
                    "creator": "Tyler, The Creator, B",
                    "identifier": [f"https://musicbrainz.org/recording/{MBID}"],
                },
                {"title": "Three"},
            ],
        }
    }


def test_the_csv_is_read_back_by_our_own_source(tmp_path):
    (tmp_path / "mix.csv").write_text(to_csv(TRACKS[:2]), encoding="utf-8", newline="")
    source = Exportify(PersonOptions(archive=tmp_path / "mix.csv"))
    (tracks,) = source.tracks()
    assert tracks.select(["title", "artists", "album", "duration_ms"]).to_pylist() == [
        {"title": "Jóga", "artists": ["Björk"], "album": "Homogenic", "duration_ms": "305000"},
        {"title": "Two", "artists": ["Tyler, The Creator", "B"], "album": "", "duration_ms": ""},
    ]
    assert tracks["track_id"][0].as_py() == f"spotify:track:{ID}"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", "\n@", " =", "\u00a0+", "\uff1d"])
def test_no_cell_is_a_formula(start):
    track = PlaylistTrack("t", f'{start}HYPERLINK("http://x")', [f"{start}1"], f"{start}2")
    _, row = csv.reader(io.StringIO(to_csv([track]), newline=""))
    assert [cell[:1] for cell in row[1:4]] == ["'", "'", "'"]


@given(
    st.lists(st.builds(PlaylistTrack, texts, texts, st.lists(texts, max_size=3), texts | st.none()), max_size=5), texts
)
def test_whatever_the_names_are_each_track_is_one_row_and_nothing_is_lost(tracks, name):
    rows = list(csv.reader(io.StringIO(to_csv(tracks), newline="")))
    assert [len(row) for row in rows] == [5] * (len(tracks) + 1)
    assert [row[1].removeprefix("'") for row in rows[1:]] == [track.title.removeprefix("'") for track in tracks]
    back = json.loads(to_jspf(name, tracks))["playlist"]
    assert (back["title"], [track["title"] for track in back["track"]]) == (name, [track.title for track in tracks])


@given(texts)
def test_no_name_of_a_file_is_a_path(name):
    found = file_name(name, ".jspf")
    assert found.endswith(".jspf")
    assert len(found) > len(".jspf")
    assert not set(found[:-5]) & set('./\\:*?"<>|\0\n')


def test_a_name_without_letters_is_called_playlist():
    assert file_name("../../", ".csv") == "playlist.csv"
    assert file_name("Änd/ more: <b>", ".csv") == "Änd-more-b.csv"
