"""Preferences made file by file are those made of all rows at once."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.config import PreferenceRules
from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable
from pipelines.features.preferences import joined, preferences

ROWS = [
    ("ann", "b", c.PLAY_COUNT, 3.0),
    ("ann", "a", c.LIKE, None),
    ("bob", "c", c.PLAY_COUNT, 2.0),
    ("bob", "b", c.RATING, 5.0),
    ("cat", "a", c.RATING, 1.0),
    ("cat", "c", c.PLAY, None),
]
DAY = 86_400_000_000


def table(*users: str) -> InteractionTable:
    rows = [row for row in ROWS if row[0] in users]
    names = (c.USER_ID, c.TRACK_ID, c.KIND, c.VALUE)
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    columns[c.AT] = pa.array([DAY * ROWS.index(row) for row in rows], c.INTERACTION_SCHEMA.field(c.AT).type)
    return InteractionTable(pa.table({**columns, c.SOURCE: ["s"] * len(rows)}))


@pytest.mark.parametrize(
    "division", [(("cat", "ann"), ("bob",)), (("bob",), ("cat",), ("ann",)), (("ann",), ("bob", "cat"))]
)
def test_listeners_may_be_read_apart(division):
    rules = PreferenceRules()
    whole = preferences(table("ann", "bob", "cat"), rules)
    parts = joined([preferences(table(*users), rules) for users in division])
    assert parts.users.ids.tolist() == ["ann", "bob", "cat"]
    assert parts.tracks.ids.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(parts.strengths.toarray(), [[5, 3, 0], [0, 3, 2], [0, 0, 1]])
    np.testing.assert_array_equal(parts.strengths.toarray(), whole.strengths.toarray())
    np.testing.assert_array_equal(parts.explicit.toarray(), whole.explicit.toarray())

    def additions(known):
        each = known.additions
        return sorted(
            zip(each.rows.tolist(), each.columns.tolist(), each.amounts.tolist(), each.days.tolist(), strict=True)
        )

    assert additions(parts) == additions(whole)
    assert (1, 2, 2.0, 2.0) in additions(parts)
