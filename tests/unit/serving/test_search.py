import numpy as np
import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.release.word_index import WordIndex, words_of
from serving.search import Search

#: Most popular first.
TITLES = [
    ("Love", "Björk"),
    ("Lovefool", "The Cardigans"),
    ("Endless Love", "Diana Ross"),
    ("Gloves", "The Horrors"),
    ("Hounds of Love", "Kate Bush"),
    ("Heart and Soul", "Love Unlimited"),
    ("Don't Look Back in Anger", "Oasis"),
    ("!!!", "Chk Chk Chk"),
    ("MØ", "MØ"),
    ("東京", "椎名林檎"),
    (None, None),
]


@pytest.fixture(scope="module")
def index():
    ids = [f"x:{place}" for place in range(len(TITLES))]
    titles, artists = zip(*TITLES, strict=True)
    table = {
        c.TRACK_ID: ids,
        c.TITLE: list(titles),
        c.ARTISTS: pa.array([[artist] if artist else None for artist in artists], type=pa.list_(pa.string())),
        c.SOURCE: ["x"] * len(ids),
    }
    order = np.arange(len(ids))
    return Search(WordIndex.build(TrackCatalogue(pa.table(table)), order), order)


def found(index, query, k=10):
    return [TITLES[place][0] for place in index.search(query, k)]


@pytest.mark.parametrize("query", ["bjork", "BJÖRK", "Bjo\N{COMBINING DIAERESIS}rk", "bjö", " bjork "])
def test_case_accents_and_blanks_do_not_matter(index, query):
    assert found(index, query) == ["Love"]


@pytest.mark.parametrize("query", ["cardigans love", "LOVE card", "lovef", "the love"])
def test_words_and_beginnings_match_in_any_order(index, query):
    assert "Lovefool" in found(index, query)


def test_better_matches_come_first_and_then_popular_ones(index):
    # the title itself, titles that begin so, whole words in title or artist by popularity, then inside a word
    assert found(index, "love") == [
        "Love",
        "Lovefool",
        "Endless Love",
        "Hounds of Love",
        "Heart and Soul",
        "Gloves",
    ]


def test_only_as_many_as_asked_for_are_given(index):
    assert found(index, "love", k=2) == ["Love", "Lovefool"]


@pytest.mark.parametrize("query", ["dont look", "don't look", "don\N{RIGHT SINGLE QUOTATION MARK}t look"])
def test_apostrophes_may_be_left_out(index, query):
    assert found(index, query) == ["Don't Look Back in Anger"]


@pytest.mark.parametrize(("query", "title"), [("!!!", "!!!"), ("mo", "MØ"), ("東", "東京"), ("x:10", None)])
def test_signs_other_letters_other_scripts_and_ids_are_found(index, query, title):
    assert title in found(index, query)


@pytest.mark.parametrize("query", ["", "   ", "zzz", "love zzz", "\0", "'"])
def test_a_query_without_words_or_matches_finds_nothing(index, query):
    assert found(index, query) == []


def test_longer_words_are_looked_for_inside_others_where_little_else_matches(index):
    assert found(index, "fool") == ["Lovefool"]


def test_short_words_are_not_looked_for_inside_others(index):
    assert found(index, "ov") == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("bjrok", "Love"),  # two letters exchanged
        ("lovefol", "Lovefool"),  # a letter is missing
        ("cardigaans", "Lovefool"),  # one too many
        ("hoinds love", "Hounds of Love"),  # another one, in a word that is finished
        ("endless lovw", "Endless Love"),
        ("cardiganx", "Lovefool"),
        ("horrprs", "Gloves"),
        ("unlimo", "Heart and Soul"),  # a beginning, with an error
    ],
)
def test_one_typing_error_in_a_word_is_forgiven(index, query, title):
    assert title in found(index, query)


def test_an_empty_catalogue_finds_nothing():
    nothing = np.empty(0, dtype=np.int64)
    assert Search(WordIndex.build(TrackCatalogue.empty(), nothing), nothing).search("love", 5).tolist() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sigur Rós", ["sigur", "ros"]),
        ("AC/DC", ["ac", "dc"]),
        ("Florence + the Machine", ["florence", "the", "machine"]),
        ("Großstadt", ["grossstadt"]),
        ("snake_case", ["snake", "case"]),
        ("Iron \N{FULLWIDTH LATIN CAPITAL LETTER M}aiden", ["iron", "maiden"]),
        ("? !", ["?!"]),
        ("", []),
    ],
)
def test_words_are_folded(text, words):
    assert words_of(text) == words
