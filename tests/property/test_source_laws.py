"""Laws of the sources: the same world whatever the batches, the same table whatever the file format."""

from __future__ import annotations

import csv
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import SourceError
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from pipelines.sources.tabular import table_batches

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MORE = settings(FEW, max_examples=60)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='"|,;\n'), max_size=8)
ROWS = st.lists(st.tuples(st.from_regex(r"[a-z0-9]{1,6}", fullmatch=True), TEXT), min_size=1, max_size=20)


def everything(**options):
    world = Synthetic(SyntheticOptions(size="tiny", **options))
    return [pa.concat_tables(table()) for table in (world.interactions, world.tracks, world.playlists)]


@FEW
@given(seed=st.integers(0, 2**32), batch_rows=st.integers(1, 3000))
def test_a_world_is_the_same_however_it_is_batched(seed, batch_rows):
    whole, parts = everything(seed=seed), everything(seed=seed, batch_rows=max(50, batch_rows))
    assert all(one.equals(two) for one, two in zip(whole, parts, strict=True))


@FEW
@given(seed=st.integers(0, 2**32))
def test_another_seed_is_another_world(seed):
    here, there = everything(seed=seed), everything(seed=seed + 1)
    assert not any(one.equals(two) for one, two in zip(here, there, strict=True))


@MORE
@given(rows=ROWS)
def test_a_table_is_the_same_in_every_file_format(rows, tmp_path):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([("id", "title"), *rows])
    content = text.getvalue().encode()
    (tmp_path / "t.csv").write_bytes(content)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content))
    pq.write_table(
        pa.table({"id": [row[0] for row in rows], "title": [row[1] for row in rows]}), tmp_path / "t.parquet"
    )
    for name in ("t.csv", "t.csv.gz", "t.parquet"):
        table = pa.concat_tables(table_batches(tmp_path / name, required=("id", "title")))
        assert list(zip(*table.to_pydict().values(), strict=True)) == rows


@MORE
@given(rows=ROWS, cut=st.integers(1, 200))
def test_a_file_that_was_cut_short_is_refused_or_gives_its_first_rows(rows, cut, tmp_path):
    """No cut makes up a row that was not there, but for the last value, which may be shorter."""
    text = io.StringIO()
    csv.writer(text).writerows([("id", "title"), *rows])
    content = text.getvalue().encode()
    (tmp_path / "t.csv").write_bytes(content[: max(0, len(content) - cut)])
    try:
        table = pa.concat_tables(table_batches(tmp_path / "t.csv", required=("id", "title")))
    except SourceError:
        return
    read = list(zip(*table.to_pydict().values(), strict=True))
    assert read[:-1] == rows[: len(read) - 1]
    assert read[-1][0] == rows[len(read) - 1][0]
    assert rows[len(read) - 1][1].startswith(read[-1][1])
