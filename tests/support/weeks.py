"""Weeks of the synthetic world, quiet ones and such in which something has moved by a stated amount."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.monitoring.rules import InputRules
from pipelines.monitoring.windows import Windows, by_time
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from pipelines.sources.synthetic.world import END

_TIME = pa.timestamp("us", tz="UTC")
Drift = Callable[[pa.Table, "World", np.random.Generator], pa.Table]


@dataclass(frozen=True)
class World:
    """A synthetic world, its listening in the order of time."""

    listening: pa.Table
    tracks: TrackCatalogue

    def until(self, end: datetime, days: int) -> pa.Table:
        """Return what happened in so many days up to a time."""
        at = self.listening[c.AT].cast(pa.int64()).to_numpy()
        edges = [int(moment.timestamp()) * 1_000_000 for moment in (end - timedelta(days=days), end)]
        first, last = np.searchsorted(at, edges, side="right")
        return self.listening.slice(first, last - first)


@cache
def world(seed: int, size: str = "small") -> World:
    """Return a world with clean rows."""
    source = Synthetic(SyntheticOptions(size=size, seed=seed, dirt=0.0))
    tracks = pa.concat_tables(source.tracks())
    tracks = tracks.append_column(c.SOURCE, pa.array(["synthetic"] * tracks.num_rows)).select(c.TRACK_SCHEMA.names)
    listening = pa.concat_tables(source.interactions()).sort_by(c.AT)
    return World(listening, TrackCatalogue(tracks.cast(c.TRACK_SCHEMA)))


@cache
def sparse_world(seed: int, part: int) -> World:
    """Return a small world in which only one listener of so many is left."""
    whole = world(seed)
    listeners = pc.unique(whole.listening[c.USER_ID])
    some = listeners.slice(0, len(listeners) // part)
    return World(whole.listening.filter(pc.is_in(whole.listening[c.USER_ID], value_set=some)), whole.tracks)


def week_ends(count: int) -> list[datetime]:
    """Return the ends of the last weeks of a world, the latest first; worlds have two years."""
    return [END - timedelta(days=1 + 7 * back) for back in range(count)]


def windows_of_week(
    of: World,
    end: datetime,
    rules: InputRules,
    drift: Drift | None = None,
    seed: int = 0,
    times: Sequence[int] = (1,),
) -> Windows:
    """Return the windows that the week up to a time is judged by.

    Args:
        of: The world.
        end: The time.
        rules: Say how long a window is and how many there are.
        drift: What has moved.
        seed: Of the drift.
        times: How often it has by then, for each of the last weeks, the newest last; in weeks before these nothing has.
    """
    by_week = []
    for back in reversed(range(rules.windows + 1)):
        week = end - timedelta(days=rules.days * back)
        listening, rng = of.until(week, rules.days), np.random.default_rng([seed, int(week.timestamp())])
        if drift is not None and back < len(times):
            for _ in range(times[-1 - back]):
                listening = drift(listening, of, rng)
        by_week.append(listening)
    rows = pa.concat_tables(by_week)
    return by_time([rows], of.tracks, pc.max(rows[c.AT]).as_py(), rules)


def breached(checks) -> list[str]:
    """Return the names of the checks that are a breach."""
    return [check.name for check in checks if check.verdict == "breach"]


def tastes_move(share: float) -> Drift:
    """Let this share of the plays go to other tracks, each to always the same one."""

    def drift(rows, of, rng):
        ids = of.tracks.data[c.TRACK_ID].combine_chunks()
        other = np.random.default_rng(42).permutation(len(ids))
        place = pc.index_in(rows[c.TRACK_ID], value_set=ids).to_numpy()
        return _with_tracks(rows, ids.take(pa.array(np.where(rng.random(len(place)) < share, other[place], place))))

    return drift


def sound_moves(strength: float) -> Drift:
    """Let energetic tracks be played more often: a play of a track one deviation above the mean e^strength times."""

    def drift(rows, of, rng):
        energy = of.tracks.data[c.ENERGY].to_numpy().astype(float)
        energy = np.nan_to_num((energy - np.nanmean(energy)) / np.nanstd(energy))
        ids = of.tracks.data[c.TRACK_ID].combine_chunks()
        weight = np.exp(strength * energy[pc.index_in(rows[c.TRACK_ID], value_set=ids).to_numpy()])
        chosen = rng.choice(rows.num_rows, rows.num_rows, p=weight / weight.sum())
        return _with_tracks(rows, rows[c.TRACK_ID].take(pa.array(chosen)))

    return drift


def rows_stay_away(share: float) -> Drift:
    """Lose this share of the rows."""
    return lambda rows, _, rng: rows.filter(pa.array(rng.random(rows.num_rows) >= share))


def tracks_become_unknown(share: float) -> Drift:
    """Let this share of the rows name tracks that are in no catalogue."""

    def drift(rows, of, rng):
        lost = pa.array(rng.random(rows.num_rows) < share)
        return _with_tracks(
            rows, pc.if_else(lost, pc.binary_join_element_wise("x", rows[c.TRACK_ID], ":"), rows[c.TRACK_ID])
        )

    return drift


def plays_get_shorter(factor: float) -> Drift:
    """Let plays last this part of their time."""

    def drift(rows, of, rng):
        is_play = pc.equal(rows[c.KIND], c.PLAY)
        value = pc.if_else(is_play, pc.multiply(rows[c.VALUE], factor), rows[c.VALUE])
        return rows.set_column(rows.column_names.index(c.VALUE), c.VALUE, value)

    return drift


def hours_move(share: float, hours: int = 8) -> Drift:
    """Let this share of the rows happen some hours earlier, as with times of another zone."""

    def drift(rows, of, rng):
        moved = np.where(rng.random(rows.num_rows) < share, hours * 3_600_000_000, 0)
        at = rows[c.AT].cast(pa.int64()).to_numpy() - moved
        return rows.set_column(rows.column_names.index(c.AT), c.AT, pa.array(at).cast(_TIME))

    return drift


def _with_tracks(rows: pa.Table, tracks: pa.ChunkedArray | pa.Array) -> pa.Table:
    return rows.set_column(rows.column_names.index(c.TRACK_ID), c.TRACK_ID, tracks)
