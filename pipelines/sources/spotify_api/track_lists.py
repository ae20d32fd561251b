"""The tracks of a table, in the order of their ranks: what a playlist is made from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from pipelines.data import columns as c
from pipelines.errors import ConfigError
from pipelines.sources.tabular import table_batches


def read_track_list(path: Path, user: str | None = None) -> list[str]:
    """Return the track ids of one listener's list.

    Args:
        path: A CSV or Parquet file with ``track_id``, and ``rank`` and ``user_id`` where it has them.
        user: Whose rows; may be left out where all rows are one listener's.

    Raises:
        SourceError: The file cannot be read.
        ConfigError: It holds several listeners' lists and none was named, or not the one that was.
    """
    rows = pa.concat_tables(table_batches(path, required=(c.TRACK_ID,))).to_pandas()
    if c.USER_ID in rows.columns:
        users = sorted(rows[c.USER_ID].dropna().astype(str).unique())
        if user is None and len(users) > 1:
            raise ConfigError(
                f"it holds the lists of {len(users):,} listeners", where=str(path), remedy="Name one with --user"
            )
        if user is not None and user not in users:
            raise ConfigError(f"it holds no list of '{user}'", where=str(path), remedy="Check --user")
        rows = rows if user is None else rows[rows[c.USER_ID].astype(str) == user]
    if c.RANK in rows.columns:
        rows = rows.iloc[pd.to_numeric(rows[c.RANK], errors="coerce").argsort(kind="stable")]
    return [str(each) for each in rows[c.TRACK_ID].dropna()]
