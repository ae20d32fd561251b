"""Moves between the states of a release: promote, shadow, canary, rollback; each whole or not at all, and written down.

One move at a time holds the lock. The state file is replaced in one step, so a crash leaves either the old or the new
state; the log follows and is completed by the next move (``pipelines.release.events``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import EllipsisType
from typing import Final

from pipelines.atomic import write_text
from pipelines.errors import CrossfadeError, ReleaseError
from pipelines.home import Home
from pipelines.locking import only_one
from pipelines.release.bundle import MANIFEST
from pipelines.release.events import Event, Move, append_event, read_events
from pipelines.release.states import Champion, Releases, Trial, TrialRole, bundle_path, read_releases, releases_from

_PATIENCE_SECONDS = 30.0
_NAMES: Final = ("bundle_id", "previous")
_TRIALS: Final[tuple[TrialRole, ...]] = ("shadow", "canary")


@dataclass(frozen=True)
class Author:
    """Who makes a move, and when.

    Attributes:
        who: A person or a flow.
        now: The time; None for the machine's clock.
    """

    who: str = "unknown"
    now: datetime | None = None


NOBODY = Author()
#: From the state before, and the time of the move, to the state after it.
_Change = Callable[[Releases | None, str], Releases]


def set_champion(
    home: Home, bundle_id: str, reason: str, by: Author = NOBODY, *, instead_of: str | EllipsisType | None = ...
) -> Champion:
    """Make a bundle the champion; the one before stays ready for ``rollback``, and trials beside it end.

    Making the champion champion again changes nothing, so a flow that was killed half-way can be run again.

    Args:
        home: The home folder.
        bundle_id: The bundle.
        reason: Why, in a sentence.
        by: Who does it.
        instead_of: The champion that the decision was made against, None where there was none; left out, it does not
            matter.

    Raises:
        ReleaseError: There is no such bundle, or another model became champion since the decision.
    """
    _require_bundle(home, bundle_id)

    def change(before: Releases | None, at: str) -> Releases:
        if before is not None and before.champion.bundle_id == bundle_id:
            return before
        current = before.champion.bundle_id if before else None
        if instead_of is not ... and current != instead_of:
            raise ReleaseError(
                f"the champion is '{current}' by now, and the decision was made against '{instead_of or 'none'}'",
                where=str(home.champion),
                remedy="Promote again",
            )
        return Releases(Champion(bundle_id, current, at, reason))

    return _moved(home, "promote", bundle_id, reason, by, change).champion


def rollback(home: Home, reason: str = "rolled back by hand", by: Author = NOBODY) -> Champion:
    """Serve the previous champion again; the one rolled back becomes the previous one, and trials end.

    Raises:
        ReleaseError: There is no previous champion, or its bundle is gone.
    """
    found = read_releases(home)
    if found is None or found.champion.previous is None:
        raise ReleaseError(
            "there is no previous champion to go back to", where=str(home.root), remedy="Promote a model instead"
        )
    previous, current = found.champion.previous, found.champion.bundle_id
    if not (bundle_path(home, previous) / MANIFEST).is_file():
        raise ReleaseError(
            f"the previous bundle '{previous}' is gone", where=str(home.bundles), remedy="Train and promote instead"
        )

    def change(before: Releases | None, at: str) -> Releases:
        if before is None or before.champion.bundle_id != current:
            raise ReleaseError("the champion has changed meanwhile", where=str(home.champion), remedy="Look again")
        return Releases(Champion(previous, current, at, reason))

    return _moved(home, "rollback", previous, reason, by, change).champion


def start_shadow(home: Home, bundle_id: str, reason: str, by: Author = NOBODY) -> Releases:
    """Let a bundle answer beside the champion, unseen; it takes the place of another shadow.

    Raises:
        ReleaseError: There is no such bundle, or it is served already.
    """
    _require_bundle(home, bundle_id)

    def change(before: Releases | None, at: str) -> Releases:
        state = _with_champion(home, before, bundle_id)
        if state.canary is not None and state.canary.bundle_id == bundle_id:
            raise ReleaseError(
                f"bundle '{bundle_id}' is the canary, which listeners see already",
                where=str(home.champion),
                remedy="End that first with 'crossfade canary --off', or leave it",
            )
        return replace(state, shadow=Trial(bundle_id, 0.0, at, reason))

    return _moved(home, "shadow", bundle_id, reason, by, change)


def start_canary(home: Home, bundle_id: str, share: float, reason: str, by: Author = NOBODY) -> Releases:
    """Show a bundle's lists to a share of the listeners, or change the share of the canary there is.

    Args:
        home: The home folder.
        bundle_id: The bundle; if it is the shadow, that ends.
        share: Above 0 and below 1.
        reason: Why, in a sentence.
        by: Who does it.

    Raises:
        ReleaseError: There is no such bundle, it is served already, another canary is out, or the share is impossible.
    """
    if not 0 < share < 1:
        raise ReleaseError(f"{share} is no share for a canary", remedy="Choose one above 0 and below 1, such as 0.05")
    _require_bundle(home, bundle_id)

    def change(before: Releases | None, at: str) -> Releases:
        state = _with_champion(home, before, bundle_id)
        if state.canary is not None and state.canary.bundle_id != bundle_id:
            raise ReleaseError(
                f"bundle '{state.canary.bundle_id}' is the canary already",
                where=str(home.champion),
                remedy="End it with 'crossfade canary --off', or promote it, first",
            )
        since = state.canary.since if state.canary else at
        shadow = None if state.shadow and state.shadow.bundle_id == bundle_id else state.shadow
        return replace(state, shadow=shadow, canary=Trial(bundle_id, share, since, reason))

    return _moved(home, "canary", bundle_id, reason, by, change)


def end_trial(home: Home, role: TrialRole, reason: str, by: Author = NOBODY) -> Releases:
    """End the shadow or the canary; after the canary all listeners are answered by the champion again.

    Raises:
        ReleaseError: There is none.
    """
    releases = read_releases(home)
    trial = releases.trial(role) if releases else None
    if trial is None:
        raise ReleaseError(f"there is no {role}", where=str(home.root), remedy=f"Start one: crossfade {role}")

    def change(before: Releases | None, _at: str) -> Releases:
        if before is None or before.trial(role) != trial:
            raise ReleaseError(f"the {role} has changed meanwhile", where=str(home.champion), remedy="Look again")
        return before.without(role)

    move: Move = "end shadow" if role == "shadow" else "end canary"
    return _moved(home, move, trial.bundle_id, reason, by, change)


def replace_bundle(home: Home, old: str, new: str, reason: str, by: Author = NOBODY) -> Releases | None:
    """Let one bundle take the place of another in every state it is in; who sees which lists stays the same.

    Args:
        home: The home folder.
        old: The bundle that goes.
        new: The same model, written anew.
        reason: Why, in a sentence.
        by: Who does it.

    Returns:
        The state; None where nothing was ever promoted.

    Raises:
        ReleaseError: There is no such bundle.
    """
    _require_bundle(home, new)
    before = read_releases(home)
    if before is None or old not in before.in_use().values():
        return before

    def change(state: Releases | None, _at: str) -> Releases:
        if state is None:
            raise ReleaseError("the state of the release is gone", where=str(home.champion), remedy="Look again")
        champion = state.champion
        named = {name: new if getattr(champion, name) == old else getattr(champion, name) for name in _NAMES}
        shadow, canary = (_renamed(state.trial(role), old, new) for role in _TRIALS)
        return replace(state, champion=replace(champion, **named), shadow=shadow, canary=canary)

    return _moved(home, "replace", new, reason, by, change)


def mend(home: Home) -> Releases:
    """Write a damaged state file again: as it was after the last move in the log.

    Raises:
        ReleaseError: The log is empty or damaged.
    """
    with only_one(home.releases, patience=_PATIENCE_SECONDS):
        entries = read_events(home.release_events)
        if not entries:
            raise ReleaseError(
                "the log of releases is empty",
                where=str(home.release_events),
                remedy=f"Remove {home.champion} and promote again",
            )
        last = entries[-1]
        releases = replace(releases_from(last.state), event=last.event)
        _write(home, releases)
        return releases


def _moved(home: Home, move: Move, bundle_id: str, why: str, by: Author, change: _Change) -> Releases:
    """Apply a change of state under the lock; where nothing changes, nothing is written."""
    with only_one(home.releases, patience=_PATIENCE_SECONDS):
        before = read_releases(home)
        at = _not_before(before, by.now or datetime.now(UTC))
        after = change(before, at)
        if after == before:
            return after
        step = before.event.step + 1 if before and before.event else 1
        after = replace(after, event=Event(step, at, move, bundle_id, by.who, why))
        if before is not None:
            _write_down(home, before)
        _write(home, after)
        try:
            _write_down(home, after)
        except CrossfadeError as error:
            raise ReleaseError(
                f"the move is made, and the log could not follow: {error.what}",
                where=str(home.release_events),
                remedy="The next move writes it down",
            ) from error
        return after


def _renamed(trial: Trial | None, old: str, new: str) -> Trial | None:
    return replace(trial, bundle_id=new) if trial is not None and trial.bundle_id == old else trial


def _write_down(home: Home, releases: Releases) -> None:
    """Make sure that the move which made a state stands in the log."""
    if releases.event is not None:
        append_event(home.release_events, releases.event, replace(releases, event=None).to_json())


def _write(home: Home, releases: Releases) -> None:
    write_text(home.champion, json.dumps(releases.to_json(), indent=2))


def _not_before(before: Releases | None, now: datetime) -> str:
    """Return the time, or that of the last move where the clock has gone backwards since."""
    times = [now]
    if before is not None:
        times += [datetime.fromisoformat(at) for at in (before.champion.since, before.event and before.event.at) if at]
    return max(times).isoformat(timespec="seconds")


def _with_champion(home: Home, before: Releases | None, bundle_id: str) -> Releases:
    """Return the state; a trial is beside a champion, and of another bundle."""
    if before is None:
        raise ReleaseError(
            "there is no champion to try it beside", where=str(home.root), remedy="Promote a model first"
        )
    if before.champion.bundle_id == bundle_id:
        raise ReleaseError(
            f"bundle '{bundle_id}' is the champion already",
            where=str(home.champion),
            remedy="Train another one, or name an earlier training with --training",
        )
    return before


def _require_bundle(home: Home, bundle_id: str) -> None:
    if not (bundle_path(home, bundle_id) / MANIFEST).is_file():
        raise ReleaseError(f"there is no bundle '{bundle_id}'", where=str(home.bundles), remedy="Train first")
