"""What normalised names promise, whatever is in a title."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data.names import KEY_SEPARATOR, name_key, name_keys, normalise_artist, normalise_title, normalise_titles

_PIECES = ["The", "A", "1984", "love", "Élan", "ft.", "feat.", "(", ")", "[", "]", " - ", "Remaster", "Live", "!", "&"]
names = st.text() | st.lists(st.sampled_from(_PIECES), max_size=8).map(" ".join)
words = st.lists(st.sampled_from(["love", "Élan", "1984", "Night", "The", "Album"]), min_size=1, max_size=4).map(
    " ".join
)
editions = st.sampled_from(
    [" - 2011 Remaster", " (Remastered)", " [Deluxe Edition]", " (feat. Someone & Co)", " - Bonus Track", " (Explicit)"]
)
other_recordings = st.sampled_from(
    ["Live", "Live at Leeds", "Live Album Version", "Acoustic", "Acoustic Bonus Track", "Remix", "Radio Edit", "Demo",
     "Instrumental", "Karaoke Version", "Mono", "2015 Mix", "Club Mix", "Take 3", "Rehearsal", "Unplugged",
     "Re-recorded", "Extended Version", "Single Version"]
)  # fmt: skip
wrapped = st.sampled_from([" ({})", " - {}", " [{}]", " - {} / Remastered"])


@given(names)
def test_normalising_twice_changes_nothing(name):
    assert normalise_title(normalise_title(name)) == normalise_title(name)
    assert normalise_artist(normalise_artist(name)) == normalise_artist(name)


@given(names)
def test_only_a_blank_name_becomes_nothing(name):
    assert bool(normalise_title(name)) == bool(name.strip())
    assert bool(normalise_artist(name)) == bool(name.strip())


@given(names, names)
def test_a_key_is_one_separator_between_two_names(artist, title):
    assert name_key(artist, title).split(KEY_SEPARATOR) == [normalise_artist(artist), normalise_title(title)]


@given(words, st.lists(editions, max_size=2).map("".join))
def test_an_edition_changes_nothing(title, edition):
    assert normalise_title(title + edition) == normalise_title(title)


@given(words, other_recordings, wrapped, editions | st.just(""))
def test_another_recording_is_never_the_studio_one(title, marker, form, edition):
    other = title + form.format(marker) + edition
    assert normalise_title(other) != normalise_title(title)
    assert normalise_title(other) == normalise_title(f"{title} {marker}")


@given(words)
def test_case_and_composition_do_not_matter(title):
    assert normalise_title(title.upper()) == normalise_title(title) == normalise_title(title.replace("É", "E\u0301"))


@given(st.lists(st.none() | names, max_size=8))
def test_a_column_is_its_names(titles):
    expected = [None if title is None else normalise_title(title) for title in titles]
    assert normalise_titles(pa.array(titles, pa.string())).to_pylist() == expected


@given(st.lists(st.tuples(names, names), max_size=8))
def test_a_column_of_keys_is_its_keys(pairs):
    artists, titles = ([pair[place] for pair in pairs] for place in (0, 1))
    found = name_keys(pa.array(artists, pa.string()), pa.array(titles, pa.string())).to_pylist()
    assert found == [name_key(artist, title) for artist, title in pairs]
