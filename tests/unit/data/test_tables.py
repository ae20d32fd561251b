from __future__ import annotations

import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.hashing import hash_table
from pipelines.data.tables import InteractionTable, TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.errors import TableError
from pipelines.testing.worlds import catalogue_of


def test_a_missing_column_is_named_with_the_columns_there_are():
    message = r"'interactions': the column 'track_id' is missing \(columns present: 'user_id'"
    with pytest.raises(TableError, match=message):
        InteractionTable(pa.table({c.USER_ID: ["u"], c.KIND: [c.LIKE], c.SOURCE: ["s"]}))


def test_a_required_value_may_not_be_empty():
    with pytest.raises(TableError, match="'user_id' has 1 empty values"):
        InteractionTable(pa.table({c.USER_ID: [None], c.TRACK_ID: ["t"], c.KIND: [c.LIKE], c.SOURCE: ["s"]}))


def test_a_value_of_the_wrong_type_is_refused():
    with pytest.raises(TableError, match="'value' cannot be read as double"):
        InteractionTable(
            pa.table({c.USER_ID: ["u"], c.TRACK_ID: ["t"], c.KIND: [c.PLAY], c.VALUE: ["loud"], c.SOURCE: ["s"]})
        )


def test_optional_columns_are_filled_and_unknown_ones_dropped():
    given = pa.table({c.SOURCE: ["s"], "colour": ["red"], c.USER_ID: ["u"], c.TRACK_ID: ["t"], c.KIND: [c.LIKE]})
    table = InteractionTable(given)
    assert table.data.schema.equals(c.INTERACTION_SCHEMA)
    assert table.data[c.VALUE].to_pylist() == [None]


def test_a_track_may_stand_in_one_row_only():
    with pytest.raises(TableError, match="1 track ids stand in more than one row, the first is 'a'"):
        catalogue_of(["a", "b", "a"])


def test_a_table_is_not_touched_by_what_is_done_with_its_copy():
    table = catalogue_of(["a"])
    frame = table.to_pandas()
    frame[c.TITLE] = "changed"
    assert table.data[c.TITLE].to_pylist() == ["Title of a"]


def test_an_empty_table_is_a_table():
    assert len(TrackCatalogue.empty()) == 0


def test_a_hash_depends_on_rows_and_not_on_chunks():
    whole = pa.table({"x": [1, 2, None], "y": ["a", None, "c"]})
    chunks = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert hash_table(whole) == hash_table(chunks)
    assert hash_table(whole) != hash_table(whole.take([1, 0, 2]))
    assert hash_table(whole) != hash_table(pa.table({"x": [1, 2, 3], "y": ["a", None, "c"]}))


def test_a_vocabulary_gives_each_id_its_place_and_strangers_none():
    vocabulary = Vocabulary.of(["b", "a", "b"])
    assert vocabulary.ids.tolist() == ["a", "b"]
    assert vocabulary.indices(["b", "c", "a"]).tolist() == [1, -1, 0]
    assert "a" in vocabulary
    assert "c" not in vocabulary
