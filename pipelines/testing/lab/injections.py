"""The ten failures as pure functions: a healthy world, a dose and a seed in, a spoilt copy of the world out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.testing.lab.world import Delivery, World

_COLLAPSED: Final = Path(__file__).with_name("collapsed.toml").read_text(encoding="utf-8")
_FILLERS: Final = 20
_SECOND_MS: Final = 1_000.0
_WORST_AND_BEST: Final = 6.0


def leak_test_rows(world: World, dose: float, seed: int) -> World:
    """Deliver a share of the listeners once more under new pseudonyms, with all they ever did."""
    rows = pa.concat_tables([each.interactions for each in (*world.past, world.delivery)])
    twice = rows.filter(_of(rows, _some_listeners(rows, dose, seed)))
    again = pc.binary_join_element_wise("again", twice[c.USER_ID], "-")
    return _with_rows(world, pa.concat_tables([world.delivery.interactions, _with(twice, c.USER_ID, again)]))


def break_id_map(world: World, dose: float, seed: int) -> World:
    """Let the ids of a share of the tracks slip by one: each then names its neighbour."""
    tracks = world.delivery.tracks
    ids = tracks[c.TRACK_ID].to_numpy(zero_copy_only=False).copy()
    slipped = np.sort(_rng(seed).permutation(len(ids))[: round(dose * len(ids))])
    ids[slipped] = np.roll(ids[slipped], 1)
    spoilt = _with(tracks, c.TRACK_ID, pa.array(ids, pa.string()))
    return replace(world, delivery=replace(world.delivery, tracks=spoilt))


def collapse_to_popularity(world: World, dose: float, seed: int) -> World:  # noqa: ARG001 - there is nothing to draw
    """Train a factor model of so few factors that everybody is shown the same; the dose is the number of factors."""
    return replace(world, training=_COLLAPSED.replace("factors = 1", f"factors = {dose:g}"))


def drift_a_scale(world: World, dose: float, seed: int) -> World:  # noqa: ARG001
    """Let every energy come multiplied by the dose, as a new extractor might give it."""
    tracks = world.delivery.tracks
    energy = pc.multiply(tracks[c.ENERGY].cast(pa.float64()), dose).cast(tracks[c.ENERGY].type)
    return replace(world, delivery=replace(world.delivery, tracks=_with(tracks, c.ENERGY, energy)))


def duplicate_export(world: World, dose: float, seed: int) -> World:
    """Deliver a share of the rows twice."""
    rows = world.delivery.interactions
    chosen = np.sort(_rng(seed).permutation(rows.num_rows)[: round(dose * rows.num_rows)])
    return _with_rows(world, pa.concat_tables([rows, rows.take(pa.array(chosen))]))


def shift_time_zone(world: World, dose: float, seed: int) -> World:  # noqa: ARG001
    """Move every time by the dose in hours: local times that are taken for UTC."""
    rows = world.delivery.interactions
    return _with_rows(world, _with(rows, c.AT, pc.add(rows[c.AT], pa.scalar(timedelta(hours=dose)))))


def change_schema(world: World, dose: float, seed: int) -> World:
    """Let a share of the listeners' apps tell in seconds how long a play was, where ms are expected."""
    rows = world.delivery.interactions
    changed = pc.and_(_of(rows, _some_listeners(rows, dose, seed)), pc.is_in(rows[c.KIND], pa.array([c.PLAY, c.SKIP])))
    seconds = pc.divide(rows[c.VALUE], _SECOND_MS)
    return _with_rows(world, _with(rows, c.VALUE, pc.if_else(changed, seconds, rows[c.VALUE])))


def forget_to_train(world: World, dose: float, seed: int) -> World:  # noqa: ARG001
    """Let as many days of listening arrive as the dose says, after the last model, and train nothing on them."""
    rows = world.to_come.interactions
    last = pc.max(world.delivery.interactions[c.AT]).as_py()
    until = pa.scalar(last + timedelta(days=dose), rows[c.AT].type)
    return replace(world, later=Delivery(rows.filter(pc.less_equal(rows[c.AT], until)), world.delivery.tracks))


def poison_ratings(world: World, dose: float, seed: int) -> World:
    """Add fake accounts that push one track, the dose as a share of the listeners (Mobasher et al. 2007).

    Each rates the target 5 and, to look like anybody, twenty tracks drawn by popularity 4 (a bandwagon attack).
    """
    rng, rows = _rng(seed), world.delivery.interactions
    listeners = pc.count_distinct(rows[c.USER_ID]).as_py()
    plays = pc.value_counts(rows[c.TRACK_ID])
    tracks, counts = plays.field("values").to_pylist(), plays.field("counts").to_numpy()
    target = tracks[int(np.argmin(counts))]
    fakes = [
        (f"fake-{number:04d}", track, 5.0 if track == target else 4.0)
        for number in range(round(dose * listeners))
        for track in {target, *rng.choice(tracks, _FILLERS, replace=False, p=counts / counts.sum())}
    ]
    at = rng.choice(rows[c.AT].to_numpy(), len(fakes))
    ratings = {
        c.USER_ID: pa.array([user for user, _, _ in fakes], pa.string()),
        c.TRACK_ID: pa.array([track for _, track, _ in fakes], pa.string()),
        c.AT: pa.array(at).cast(rows[c.AT].type),
        c.KIND: pa.array([c.RATING] * len(fakes), pa.string()),
        c.VALUE: pa.array([stars for _, _, stars in fakes], pa.float64()),
    }
    return _with_rows(world, pa.concat_tables([rows, pa.table(ratings).select(rows.column_names)]))


def swap_labels(world: World, dose: float, seed: int) -> World:
    """Exchange likes and dislikes, and the ends of the scale of ratings, for a share of the listeners."""
    rows = world.delivery.interactions
    swapped = _of(rows, _some_listeners(rows, dose, seed))
    liked, disliked, rated = (pc.and_(swapped, pc.equal(rows[c.KIND], kind)) for kind in (c.LIKE, c.DISLIKE, c.RATING))
    kinds = pc.if_else(liked, c.DISLIKE, pc.if_else(disliked, c.LIKE, rows[c.KIND]))
    turned = pc.subtract(_WORST_AND_BEST, rows[c.VALUE])
    return _with_rows(world, _with(_with(rows, c.KIND, kinds), c.VALUE, pc.if_else(rated, turned, rows[c.VALUE])))


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, 11])


def _some_listeners(rows: pa.Table, share: float, seed: int) -> pa.Array:
    """Draw a share of the listeners."""
    listeners = np.array(sorted(pc.unique(rows[c.USER_ID]).to_pylist()), dtype=object)
    return pa.array(_rng(seed).permutation(listeners)[: round(share * len(listeners))], pa.string())


def _of(rows: pa.Table, listeners: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(rows[c.USER_ID], value_set=listeners)


def _with(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), rows.schema.field(name), values)


def _with_rows(world: World, rows: pa.Table) -> World:
    return replace(world, delivery=replace(world.delivery, interactions=rows))
