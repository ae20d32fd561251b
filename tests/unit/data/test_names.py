from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data.names import (
    name_key,
    name_keys,
    named_track_id,
    named_track_ids,
    normalise_artist,
    normalise_artists,
    normalise_title,
    normalise_titles,
)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Heroes - 2017 Remaster", "heroes"),
        ("Let It Be - Remastered 2009", "let it be"),
        ("Paranoid - 2012 - Remaster", "paranoid"),
        ("1984 - Remastered", "1984"),
        ("Song (2003 Digital Remaster)", "song"),
        ("Song [Remastered in 2015]", "song"),
        ("Song (40th Anniversary Deluxe Edition)", "song"),
        ("Song - Bonus Track", "song"),
        ("Song - Album Version (Explicit)", "song"),
        ("Strobe - Original Mix", "strobe"),
    ],
)
def test_an_edition_is_no_part_of_a_title(title, name):
    assert normalise_title(title) == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Song (Live)", "song live"),
        ("Song - Live [Remastered]", "song live"),
        ("Song (Remastered 2009) - Live at Leeds", "song live at leeds"),
        ("Strobe - Radio Edit", "strobe radio edit"),
        ("Song - Mono Version", "song mono version"),
        ("Song - 2015 Mix", "song 2015 mix"),
        ("Song - 1984", "song 1984"),
        ("Love Story (Taylor's Version)", "love story taylors version"),
        ("Stay (With Me)", "stay with me"),
    ],
)
def test_what_makes_another_recording_stays_in_the_title(title, name):
    assert normalise_title(title) == name


@pytest.mark.parametrize("title", ["Remastered", "Explicit", "(Deluxe)", "Album", "The Bonus Track"])
def test_a_title_that_says_nothing_but_an_edition_is_a_title(title):
    assert normalise_title(title) == title.strip("()").lower()


@pytest.mark.parametrize(
    "title",
    [
        "Sicko Mode (feat. Drake)",
        "Sicko Mode ft. Drake",
        "Sicko Mode [ft Drake]",
        "Sicko Mode featuring Drake - Explicit",
    ],
)
def test_guests_are_no_part_of_a_title(title):
    assert normalise_title(title) == "sicko mode"


def test_feet_are_no_guests():
    assert normalise_title("10 ft Tall") == "10 ft tall"
    assert normalise_title("Feat of Strength") == "feat of strength"


def test_spelling_does_not_matter():
    for title in ("Café del Mar", "CAFE\u0301 DEL MAR", "Cafe, del  Mar!", "\uff23\uff41\uff46\uff45 del Mar"):
        assert normalise_title(title) == "cafe del mar"
    assert normalise_title("Rock & Roll Ain\u2019t") == normalise_title("rock and roll aint")


def test_marks_that_make_another_word_are_kept():
    assert normalise_title("कि") != normalise_title("का")
    assert normalise_title("が") != normalise_title("か")


def test_names_of_signs_alone_differ():
    assert {normalise_title(title) for title in ("!!!", "???", "÷", "( )")} == {"!!!", "???", "÷", "()"}
    assert normalise_artist("!!!") == "!!!"


@pytest.mark.parametrize(
    ("artist", "name"),
    [
        ("The Beatles", "beatles"),
        ("Beatles, The", "beatles"),
        ("The The", "the"),
        ("The", "the"),
        ("The, The One", "one"),
        ("Usher Featuring Plies", "usher"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        ("Beyoncé", "beyonce"),
        ("AC/DC", "ac dc"),
        ("Sigur Rós", "sigur ros"),
    ],
)
def test_the_main_artist_is_named(artist, name):
    assert normalise_artist(artist) == name


def test_the_id_of_a_named_track_is_a_hash_of_its_name():
    key = name_key("The Beatles", "Let It Be - Remastered 2009")
    assert key == "beatles\tlet it be"
    # printf 'beatles\tlet it be' | sha1sum
    assert named_track_id("lastfm", "beatles", "Let it be") == "lastfm:63752acac3e5e10ef226"


def test_columns_give_what_single_names_give():
    artists = pa.chunked_array([["The Who", None], ["Moby", "The Who", "Moby"]])
    titles = pa.array(["Baba O'Riley", "Porcelain", None, "Baba O'Riley - Remastered", "Porcelain"])
    assert normalise_artists(artists).to_pylist() == ["who", None, "moby", "who", "moby"]
    assert normalise_titles(titles).to_pylist() == ["baba oriley", "porcelain", None, "baba oriley", "porcelain"]
    assert name_keys(artists, titles).to_pylist() == [
        "who\tbaba oriley", None, None, "who\tbaba oriley", "moby\tporcelain",
    ]  # fmt: skip
    ids = named_track_ids("lastfm", artists, titles).to_pylist()
    assert ids[0] == ids[3] == named_track_id("lastfm", "The Who", "Baba O'Riley")
    assert ids[1:3] == [None, None]
    assert ids[4] == named_track_id("lastfm", "Moby", "Porcelain")


def test_no_names_give_no_names():
    empty = pa.array([], pa.string())
    assert normalise_titles(empty).type == pa.string()
    assert named_track_ids("lastfm", empty, pa.array([], pa.null())).to_pylist() == []
