"""A folder in the layout of the Yambda files, of any size: the same columns, types, order and span of time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sources.base import Source
from pipelines.sources.yambda import Yambda, YambdaOptions
from pipelines.testing.long_tail import long_tailed

#: Where the time of the published files ends, in seconds.
LAST_SECOND: Final = 26_000_000
#: Of so many listens one is liked, disliked, and of likes and dislikes one taken back.
_LISTENS_A_LIKE, _LISTENS_A_DISLIKE, _TAKEN_BACK = 50, 400, 3
_STEP: Final = 5
#: Numbers are scattered, as those that were published are.
_SPREAD: Final = 10
_EMBEDDED: Final = 8
_TYPES: Final = {
    "uid": pa.uint32(),
    "timestamp": pa.uint32(),
    "item_id": pa.uint32(),
    "is_organic": pa.uint8(),
    "played_ratio_pct": pa.uint16(),
    "track_length_seconds": pa.uint32(),
}


def write_yambda(
    folder: Path,
    *,
    size: str = "50m",
    listeners: int = 60,
    tracks: int = 200,
    listens: int = 6_000,
    layout: str = "flat",
    seed: int = 0,
) -> Path:
    """Write the files of one size, with mappings and a few embeddings, and return the folder.

    Args:
        folder: Where to.
        size: The name of the size; how much is written is said by the next three.
        listeners: How many there are.
        tracks: How many can be listened to.
        listens: About how many listens are drawn.
        layout: ``flat``, a row an event, or ``sequential``, a row a listener.
        seed: Seed of everything.
    """
    rng = np.random.default_rng(seed)
    below = folder / layout / size
    below.mkdir(parents=True, exist_ok=True)
    lengths = rng.integers(60, 420, tracks)
    for name, events in _events(rng, long_tailed(tracks, listeners, listens // 2, seed), lengths).items():
        order = np.lexsort((events["timestamp"], events["uid"]))
        table = pa.table({key: pa.array(values[order], _TYPES[key]) for key, values in events.items()})
        pq.write_table(table if layout == "flat" else _rolled(table), below / f"{name}.parquet")
    _write_about_tracks(folder, rng, tracks)
    return folder


def yambda_example(folder: Path) -> Source:
    """Return the source ``yambda`` on a small folder."""
    return Yambda(YambdaOptions(archive=write_yambda(folder / "yambda")))


def _events(rng: np.random.Generator, world: object, lengths: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Draw listens from a world (each pair twice on average), likes and dislikes, some of which are taken back."""
    coo = world.tocoo()  # type: ignore[attr-defined]
    again = coo.data.astype(np.int64) * rng.geometric(0.5, coo.nnz)
    who, what, often = (np.repeat(each, again) for each in (*coo.coords, again))
    n = len(who)
    heard = np.where(rng.random(n) < 0.6, 100, rng.integers(0, 130, n))  # noqa: PLR2004 - an invented share
    listens = _rows(rng, who, what, _times(rng, n))
    listens |= {"played_ratio_pct": heard, "track_length_seconds": lengths[what]}
    found = {"listens": listens}
    # People play again what they like, and leave it at once where they do not.
    favourites, once = np.flatnonzero(often > 1), np.flatnonzero((often == 1) & (heard < 50))  # noqa: PLR2004 - half
    for name, among, every in (("likes", favourites, _LISTENS_A_LIKE), ("dislikes", once, _LISTENS_A_DISLIKE)):
        chosen = np.sort(rng.choice(among, min(len(among), max(2, n // every)), replace=False))
        times = listens["timestamp"][chosen]
        back = chosen[::_TAKEN_BACK]
        later = np.minimum(times[::_TAKEN_BACK] + _STEP * rng.integers(0, 10_000, len(back)), LAST_SECOND - _STEP)
        found[name] = _rows(rng, who[chosen], what[chosen], times)
        found[f"un{name}"] = _rows(rng, who[back], what[back], later)
    return found


def _rows(rng: np.random.Generator, who: np.ndarray, what: np.ndarray, times: np.ndarray) -> dict[str, np.ndarray]:
    organic = rng.integers(0, 2, len(who))
    return {"uid": (who + 1) * _SPREAD, "timestamp": times, "item_id": what * _SPREAD + 2, "is_organic": organic}


def _times(rng: np.random.Generator, n: int) -> np.ndarray:
    times: np.ndarray = _STEP * rng.integers(0, LAST_SECOND // _STEP, n)
    return times


def _rolled(table: pa.Table) -> pa.Table:
    """Return a row a listener, with a list for each column."""
    values = [name for name in table.column_names if name != "uid"]
    grouped = table.group_by("uid", use_threads=False).aggregate([(name, "list") for name in values])
    return grouped.rename_columns([name.removesuffix("_list") for name in grouped.column_names])


def _write_about_tracks(folder: Path, rng: np.random.Generator, tracks: int) -> None:
    """Write who made which tracks, on which albums, and how a few of them sound."""
    items = np.arange(tracks) * _SPREAD + 2
    artists = rng.integers(1, max(2, tracks // 8), tracks)
    both = np.arange(0, tracks, 20)
    mappings = {
        "artist": (np.append(artists, artists[both] + tracks), np.append(items, items[both])),
        "album": (artists * 2 + rng.integers(0, 2, tracks), items),
    }
    for name, (numbers, of) in mappings.items():
        pq.write_table(
            pa.table({f"{name}_id": pa.array(numbers, pa.uint32()), "item_id": pa.array(of, pa.uint32())}),
            folder / f"{name}_item_mapping.parquet",
        )
    vectors = rng.normal(size=(min(tracks, _EMBEDDED), 4))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    embedded = {
        "item_id": pa.array(items[:_EMBEDDED], pa.uint32()),
        "embed": list(vectors),
        "normalized_embed": list(unit),
    }
    pq.write_table(pa.table(embedded), folder / "embeddings.parquet")
