"""Some listeners of a bundle with what it would show them: people read lists before they believe figures."""

from __future__ import annotations

import numpy as np

from pipelines.data import columns as c
from pipelines.evaluation.page import Example, ExampleTrack
from pipelines.release.bundle import ModelBundle

_HISTORY = 8
_LIST = 8
_REASONS = 2
_LEAST_HISTORY = 5


def examples(bundle: ModelBundle, n: int, seed: int) -> tuple[Example, ...]:
    """Return some listeners, without their names, with their most played tracks and their lists with reasons.

    Args:
        bundle: The model.
        n: How many listeners; those with a handful of tracks at least are drawn where there are any.
        seed: Seed of the draw.
    """
    lengths = np.diff(bundle.histories.indptr)
    among = np.flatnonzero(lengths >= min(_LEAST_HISTORY, lengths.max(initial=0)))
    drawn = np.sort(np.random.default_rng([seed, 9]).permutation(among)[:n])
    histories = [bundle.known_history(str(bundle.users.ids[row])) or {} for row in drawn]
    titles = _titles(bundle)
    return tuple(
        Example(
            history=tuple(titles[track] for track in sorted(history, key=lambda track: -history[track])[:_HISTORY]),
            tracks=tuple(
                ExampleTrack(titles[each.track_id], tuple((titles[why.track_id], why.share) for why in each.reasons))
                for each in shown
            ),
        )
        for history, shown in zip(histories, bundle.recommend(histories, _LIST, reasons=_REASONS), strict=True)
    )


def _titles(bundle: ModelBundle) -> dict[str, str]:
    """Return what a person calls each track, by its id."""
    rows = bundle.catalogue.data.select([c.TRACK_ID, c.TITLE, c.ARTISTS]).to_pylist()
    named = {row[c.TRACK_ID]: (row[c.TITLE], ", ".join(row[c.ARTISTS] or ())) for row in rows}
    return {
        track: f"{title} - {artists}" if title and artists and title != artists else title or artists or track
        for track, (title, artists) in named.items()
    }
