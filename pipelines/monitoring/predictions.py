"""What lists are like, for the same sample of histories every time, beside those of the model served a day before.

No list is kept from one day to the next: models are, and a list is a function of model and history. So what is compared
never depends on who came or went, and nothing about a person lies around to be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.monitoring.checks import Check, at_least, at_most, unknown
from pipelines.monitoring.rules import PredictionRules
from pipelines.release.model_bundle import ModelBundle
from pipelines.release.states import place_of

Lists = Sequence[Sequence[str]]
_KINDS = ("coverage", "popularity", "overlap")


@dataclass(frozen=True)
class Earlier:
    """What the model served a day before gives the same histories.

    Attributes:
        bundle_id: That model.
        lists: Its lists; None where the champion is the same, or where its bundle cannot be read.
    """

    bundle_id: str
    lists: Lists | None


def sample_of(bundle: ModelBundle, rules: PredictionRules) -> list[dict[str, float]]:
    """Return the sample of a model's histories (track id -> strength): by a hash of who they are, so that they stay.

    Args:
        bundle: The model.
        rules: How many, and the seed.
    """
    users = [str(user) for user in bundle.users.ids]
    chosen = sorted(users, key=lambda user: place_of(user, str(rules.seed)))[: rules.sample]
    return [bundle.known_history(user) or {} for user in chosen]


def lists_for(bundle: ModelBundle, histories: Sequence[Mapping[str, float]], k: int) -> Lists:
    """Return the lists of track ids that a model gives to histories."""
    return [[each.track_id for each in ranked] for ranked in bundle.recommend(histories, k)]


def popular_tracks(bundle: ModelBundle, share: float) -> frozenset[str]:
    """Return the smallest set of tracks that has this share of the entries of all histories."""
    listeners = np.asarray(bundle.listeners)[bundle.by_popularity]
    if not listeners.sum():
        return frozenset()
    count = int(np.searchsorted(np.cumsum(listeners), share * listeners.sum())) + 1
    return frozenset(bundle.tracks[int(track)] for track in bundle.by_popularity[:count])


def prediction_checks(
    lists: Lists, n_tracks: int, popular: frozenset[str], earlier: Earlier | None, rules: PredictionRules
) -> tuple[Check, ...]:
    """Judge the lists of a sample of histories.

    Args:
        lists: The champion's.
        n_tracks: How many tracks it knows.
        popular: The popular ones.
        earlier: The model served a day before; None where nothing was.
        rules: The thresholds.
    """
    if len(lists) < rules.least_histories:
        why = f"{len(lists)} histories are too few to say what lists are like"
        return tuple(unknown(kind, "", why) for kind in _KINDS)
    return tuple(_checks(lists, n_tracks, popular, earlier, rules))


def _checks(
    lists: Lists, n_tracks: int, popular: frozenset[str], earlier: Earlier | None, rules: PredictionRules
) -> Iterator[Check]:
    places = sum(map(len, lists))
    shown = {track for each in lists for track in each}
    coverage = len(shown) / max(1, min(places, n_tracks))
    words = f"{len(shown):,} different tracks stand in {len(lists):,} lists, {coverage:.1%} of what could"
    yield at_least("coverage", "", coverage, rules.coverage, f"{words}; {rules.coverage:.1%} is asked for")
    share = sum(track in popular for each in lists for track in each) / max(1, places)
    words = f"{share:.1%} of the places go to the {len(popular):,} tracks that have {rules.head:.0%} of the listening"
    yield at_most("popularity", "", share, rules.popularity, f"{words}; {rules.popularity:.1%} is allowed")
    yield _overlap(lists, earlier, rules)


def _overlap(lists: Lists, earlier: Earlier | None, rules: PredictionRules) -> Check:
    if earlier is None:
        return unknown("overlap", "", "nothing was served a day ago")
    if earlier.lists is None:
        return unknown("overlap", "", f"the model served a day ago, {earlier.bundle_id}, cannot be asked any more")
    overlap = mean_overlap(lists, earlier.lists)
    words = f"{overlap:.1%} of the tracks of a list stood in it a day ago, by {earlier.bundle_id}"
    return at_least("overlap", "", overlap, rules.overlap, f"{words}; {rules.overlap:.1%} is asked for")


def mean_overlap(lists: Lists, others: Lists) -> float:
    """Return the mean share of a list that stands in the other one as well, of lists that are not empty."""
    shares = [len(set(one) & set(other)) / len(one) for one, other in zip(lists, others, strict=True) if one]
    return float(np.mean(shares)) if shares else 1.0
