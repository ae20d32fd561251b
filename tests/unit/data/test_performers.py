from __future__ import annotations

import pytest

from pipelines.data.performers import performers


@pytest.mark.parametrize(
    ("artists", "title", "expected"),
    [
        (["Usher Featuring Plies"], "Hey Daddy", ["usher", "plies"]),
        (
            ["DJ Khaled"],
            "All I Do Is Win - Feat. T-Pain, Ludacris & Rick Ross",
            ["dj khaled", "t pain", "ludacris", "rick ross"],
        ),
        (["OutKast"], "The Whole World (feat. Killer Mike)", ["outkast", "killer mike"]),
        (["Simon & Garfunkel"], "Cecilia", ["simon and garfunkel"]),
        (["A", "B"], "Song (ft. B)", ["a", "b"]),
        (["Lift"], "Defeat of a Feature", ["lift"]),
        (None, None, []),
        ([""], "", []),
    ],
)
def test_credited_artists_and_guests_are_found(artists, title, expected):
    assert performers(artists, title) == expected


@pytest.mark.parametrize("spelling", ["Marina & the Diamonds", "MARINA AND THE DIAMONDS", "Marina  and the Diamonds"])
def test_spelling_does_not_keep_artists_apart(spelling):
    assert performers([spelling], None) == ["marina and the diamonds"]


def test_accents_and_a_leading_article_do_not_count():
    assert performers(["The Béatles", "beatles"], None) == ["beatles"]
