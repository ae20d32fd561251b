"""Likes that stand, found file beside file, are those that a listener who goes through their own past would name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.yambda import YambdaOptions, layout
from pipelines.sources.yambda.taken_back import standing

EVENTS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5), st.integers(1, 3)), min_size=1, max_size=20)


@given(likes=EVENTS, unlikes=EVENTS, at_once=st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_a_like_stands_where_no_unlike_follows(likes, unlikes, at_once):
    with TemporaryDirectory() as name:
        folder = Path(name)
        for event, rows in {"likes": likes, "unlikes": unlikes}.items():
            path = folder / "flat" / "50m" / f"{event}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            columns = zip(*sorted(rows), strict=True)
            table = {key: pa.array(each, pa.uint32()) for key, each in zip(COLUMNS, columns, strict=True)}
            pq.write_table(pa.table(table), path)
        before, layout._ROWS["flat"] = layout._ROWS["flat"], at_once
        try:
            left_out: Counter[str] = Counter()
            found = layout.Layout.of(YambdaOptions(archive=folder))
            stand = [
                tuple(row[key] for key in COLUMNS)
                for batch in standing(found, "likes", left_out)
                for row in batch.to_pylist()
            ]
        finally:
            layout._ROWS["flat"] = before
    expected = [like for like in sorted(likes) if not any(taken_back(like, unlike) for unlike in unlikes)]
    assert stand == expected
    assert sum(left_out.values()) == len(likes) + len(unlikes) - len(expected)


COLUMNS = ("uid", "timestamp", "item_id")


def taken_back(like, unlike):
    return (like[0], like[2]) == (unlike[0], unlike[2]) and unlike[1] >= like[1]
