"""Feedback, folded into a history: a like changes the next list at once, without a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pipelines.config import FeedbackRules
from pipelines.data.feedback import Reactions

NO_REACTIONS = Reactions()


class Folded(NamedTuple):
    """What to ask the model, after feedback.

    Attributes:
        history: Track id -> weight in plays, all positive.
        against: Track id -> weight of what speaks against its like, all positive; no track stands in both.
        exclude: Tracks that must not appear: what the listener has reacted to already, and what they blocked.
        exclude_artists: Artists none of whose tracks may appear.
    """

    history: dict[str, float]
    against: dict[str, float]
    exclude: frozenset[str]
    exclude_artists: tuple[str, ...]


def fold_in(
    history: Mapping[str, float], reactions: Reactions, rules: FeedbackRules, learned: Reactions = NO_REACTIONS
) -> Folded:
    """Return a history as it is after feedback.

    Args:
        history: Track id -> weight in plays.
        reactions: How the listener stands to tracks and artists.
        rules: What each reaction weighs.
        learned: The part of it that the history holds already, because the model was trained on it.
    """
    weights = dict(history)
    told, known = _amounts(reactions, rules), _amounts(learned, rules)
    for track in {**told, **known}:
        weight = weights.get(track, 0.0) + told.get(track, 0.0) - known.get(track, 0.0)
        weights[track] = max(weight, -rules.dislike)
    for track in reactions.dislikes:
        weights[track] = -rules.dislike
    return Folded(
        history={track: weight for track, weight in weights.items() if weight > 0},
        against={track: -weight for track, weight in weights.items() if weight < 0},
        exclude=reactions.tracks,
        exclude_artists=reactions.blocked_artists,
    )


def _amounts(reactions: Reactions, rules: FeedbackRules) -> dict[str, float]:
    """Return what likes, plays and skips add to each track, in plays; below 0 for what they take."""
    amounts = dict.fromkeys(reactions.likes, rules.like)
    for track, times in reactions.plays.items():
        amounts[track] = amounts.get(track, 0.0) + rules.play * times
    for track, times in reactions.skips.items():
        amounts[track] = amounts.get(track, 0.0) - rules.skip * times
    return amounts
