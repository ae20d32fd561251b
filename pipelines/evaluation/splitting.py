"""Splits: what a model may learn from, what it is shown, and what it must find.

Four protocols, all over the full catalogue:

- *unseen users*: the listeners of a fold are held out of training; part of each one's history is given, the rest must
  be found (strong generalisation, Marlin 2004; Liang et al. 2018);
- *holdout*: part of every listener's history is held out; the model is trained on the rest and shown the rest;
- *time*: the model is trained on all that was before a day and shown each listener's history up to it; the tracks a
  listener meets for the first time in the window after it must be found. The day moves on from fold to fold (rolling
  origin, Tashman 2000), as it is the only protocol that never learns from the future (Ji et al. 2023);
- *global time*: the same with one window, the last day, a gap before it, and all that a listener plays in it to be
  found, what they know already too (Ploshkin et al. 2025): people play again what they like.

The first two are drawn from a seed and the listener's position only, so they are the same whatever runs in parallel;
the others draw nothing. Where a fold may test only so many listeners, one order of all listeners is drawn, and every
fold tests its first ones: the sample of a smaller number is a part of that of a larger one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from pipelines.config import EvaluationRules, GlobalTimeRules, Protocol
from pipelines.errors import NotEnoughDataError
from pipelines.features.dataset import Dataset
from pipelines.features.timeline import Timeline
from pipelines.recommenders.history_split import divide
from pipelines.sparse import chosen_entries, in_places_of

UNSEEN_USERS: Protocol = "unseen-users"
HOLDOUT: Protocol = "holdout"
TIME: Protocol = "time"
GLOBAL_TIME: Protocol = "global-time"

#: The windows of the time protocol begin where this share of the interactions is past.
_FIRST_ORIGIN = 0.5
_SECONDS_IN_A_DAY, _MINUTES_IN_A_DAY = 86_400, 1_440


@dataclass(frozen=True)
class Split:
    """One fold of one protocol.

    ``given`` and ``held_out`` never share an entry, nor do ``train`` and ``held_out``, unless repeats are asked for.

    Attributes:
        protocol: The protocol.
        fold: Number of the fold, from 0.
        train: Listeners x tracks: all a model may learn from.
        listeners: Row in the data set of each tested listener.
        given: Tested listeners x tracks: the history the model is shown.
        held_out: Tested listeners x tracks: what it must find.
        learners: Row in the data set of each row of ``train``.
        train_times: In the places of ``train``, day of the last interaction; None where no time is known.
        given_times: The same for ``given``.
        repeats: Whether tracks of the history are asked for too; then they are not left out of a list.
        of: How many listeners the protocol would test; None where it does, and more than ``listeners`` has otherwise.
    """

    protocol: Protocol
    fold: int
    train: sp.csr_array
    listeners: np.ndarray
    given: sp.csr_array
    held_out: sp.csr_array
    learners: np.ndarray
    train_times: sp.csr_array | None = None
    given_times: sp.csr_array | None = None
    repeats: bool = False
    of: int | None = None


def make_splits(dataset: Dataset, rules: EvaluationRules) -> tuple[Split, ...]:
    """Return every fold of every protocol in ``rules`` that the data allows: without times there is no time protocol.

    Raises:
        NotEnoughDataError: There are fewer listeners than folds, or the primary protocol is not possible.
    """
    if dataset.histories.shape[0] < rules.folds:
        raise NotEnoughDataError(
            f"{dataset.histories.shape[0]} listeners cannot be split into {rules.folds} folds",
            where="cross-validation",
            remedy="Add listening data, or set a smaller 'evaluation.folds'",
        )
    splits = tuple(split for protocol in rules.protocols for split in _folds_of(protocol, dataset, rules))
    if rules.primary not in {split.protocol for split in splits}:
        raise NotEnoughDataError(
            f"the primary protocol '{rules.primary}' has nothing to test",
            where="cross-validation",
            remedy="Name it in 'evaluation.protocols'; 'time' needs interactions that have a time, and listeners who "
            "meet new tracks in the second half of them; 'global-time' listeners who play something in the last day",
        )
    if rules.listeners is None:
        return splits
    turns = np.random.default_rng([rules.seed, 14]).permutation(dataset.histories.shape[0])
    return tuple(sample(split, turns, rules.listeners) for split in splits)


def sample(split: Split, turns: np.ndarray, most: int) -> Split:
    """Return a fold that tests only some of its listeners; what is trained on stays, and so does what each is asked.

    Args:
        split: The fold.
        turns: For each listener of the data set when it is their turn to be tested.
        most: How many are tested, where there are more.
    """
    n = len(split.listeners)
    if n <= most:
        return split
    rows = np.sort(np.argsort(turns[split.listeners])[:most])
    given, held_out = (sp.csr_array(matrix[rows]) for matrix in (split.given, split.held_out))
    times = None if split.given_times is None else sp.csr_array(split.given_times[rows])
    tested = split.listeners[rows]
    return replace(split, listeners=tested, given=given, held_out=held_out, given_times=times, of=n)


def unseen_users(histories: sp.csr_array, rules: EvaluationRules, times: sp.csr_array | None = None) -> Iterator[Split]:
    """Yield one split a fold; every listener is tested in exactly one."""
    order = np.random.default_rng([rules.seed, 1]).permutation(histories.shape[0])
    for fold in range(rules.folds):
        tested = np.sort(order[fold :: rules.folds])
        given, held_out = divide(sp.csr_array(histories[tested]), rules.given, tested, rules.seed)
        others = np.setdiff1d(order, tested)
        train = sp.csr_array(histories[others])
        known = (None, None) if times is None else (times[others], in_places_of(given, sp.csr_array(times[tested])))
        yield Split(UNSEEN_USERS, fold, train, tested, given, held_out, others, *known)


def holdout(histories: sp.csr_array, rules: EvaluationRules, times: sp.csr_array | None = None) -> Iterator[Split]:
    """Yield one split a fold; every entry of every history is held out in exactly one."""
    fold_of = np.empty(histories.nnz, dtype=np.int64)
    for row, (start, end) in enumerate(zip(histories.indptr[:-1], histories.indptr[1:], strict=True)):
        rng = np.random.default_rng([rules.seed, 2, row])
        # Where the counting starts is drawn, so that short histories do not all miss the last folds.
        fold_of[start:end] = (rng.permutation(end - start) + rng.integers(rules.folds)) % rules.folds
    everyone = np.arange(histories.shape[0])
    for fold in range(rules.folds):
        given, held_out = (chosen_entries(histories, chosen) for chosen in (fold_of != fold, fold_of == fold))
        known = None if times is None else in_places_of(given, times)
        yield Split(HOLDOUT, fold, given, everyone, given, held_out, everyone, known, known)


def by_time(timeline: Timeline, rules: EvaluationRules) -> Iterator[Split]:
    """Yield one split a fold, except where nobody could be tested.

    The second half of the interactions is cut into as many windows of equally many interactions as there are folds. A
    preference is in training with what was added to it before the window. A listener is tested who has a history before
    it and meets new tracks in it. Interactions whose time is not known take no part.
    """
    shares = np.linspace(_FIRST_ORIGIN, 1.0, rules.folds + 1)
    cuts = np.append(np.quantile(timeline.days, shares[:-1]), np.inf)
    for fold, (start, end) in enumerate(pairwise(cuts)):
        before, times = timeline.between(-np.inf, start)
        window, _ = timeline.between(start, end)
        new = chosen_entries(window, in_places_of(window, before).data == 0)
        known = np.flatnonzero(np.diff(before.indptr))
        tested = np.intersect1d(known, np.flatnonzero(np.diff(new.indptr)))
        if len(tested):
            parts = before[known], tested, before[tested], new[tested], known, times[known], times[tested]
            yield Split(TIME, fold, *parts)


def last_window(timeline: Timeline, rules: GlobalTimeRules) -> Iterator[Split]:
    """Yield one split, the last window, unless nobody could be tested.

    A listener is tested who has a history before the gap and plays anything in the window. Tracks that nobody had
    played before are to be found too, although hardly any model can. Interactions whose time is not known take no part.
    """
    # One that is on the last moment is in the window.
    last = float(np.nextafter(timeline.days.max(), np.inf))
    end = last if rules.ends_at is None else rules.ends_at.timestamp() / _SECONDS_IN_A_DAY
    start = end - rules.test_days
    learned_until = start - rules.gap_minutes / _MINUTES_IN_A_DAY
    learned_from = -np.inf if rules.train_days is None else learned_until - rules.train_days
    before, times = timeline.between(learned_from, learned_until)
    window, _ = timeline.between(start, end)
    known = np.flatnonzero(np.diff(before.indptr))
    tested = np.intersect1d(known, np.flatnonzero(np.diff(window.indptr)))
    if len(tested):
        parts = before[known], tested, before[tested], window[tested], known, times[known], times[tested]
        yield Split(GLOBAL_TIME, 0, *parts, repeats=True)


def _folds_of(protocol: Protocol, dataset: Dataset, rules: EvaluationRules) -> Iterator[Split]:
    """Return the folds of a protocol."""
    timeline = dataset.timeline
    if protocol in {TIME, GLOBAL_TIME}:
        if timeline is None:
            return iter(())
        return by_time(timeline, rules) if protocol == TIME else last_window(timeline, rules.global_time)
    maker = unseen_users if protocol == UNSEEN_USERS else holdout
    return maker(dataset.histories, rules, dataset.times)
