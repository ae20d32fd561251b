"""What flat texts and ids promise: they are the lists they were made from, whatever the texts."""

from zlib import crc32

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.data.vocabulary import Vocabulary
from pipelines.texts import Ids, Texts

TEXTS = st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=6), max_size=12)


@given(TEXTS)
def test_texts_are_the_list_they_were_made_from(texts):
    stored = Texts.of(texts)
    read = Texts.load(stored.arrays("x"), "x")
    assert [read[place] for place in range(len(read))] == list(read) == texts
    assert [read.raw(place).decode() for place in range(len(read))] == texts


@given(TEXTS, TEXTS)
def test_ids_are_looked_up_as_a_vocabulary_does(known, asked):
    ids = list(dict.fromkeys(known))
    stored = Ids.load(Ids.of(ids).arrays("x"), "x")
    wanted = [*asked, *ids, *asked]
    expected = Vocabulary(np.array(ids, dtype=object)).indices(wanted)
    assert stored.indices(wanted).tolist() == expected.tolist()
    assert stored.ids.tolist() == ids
    assert all(each in stored for each in ids)


def test_ids_with_the_same_hash_are_told_apart():
    twins = ["plumless", "buckeroo"]
    assert crc32(b"plumless") == crc32(b"buckeroo")
    assert Ids.of(twins).indices(reversed(twins)).tolist() == [1, 0]


def test_half_a_surrogate_pair_is_no_id():
    assert Ids.of(["a"]).index("\ud800") == -1
