"""Whom a call is about: the history in the call, or what is known of a listener, with their feedback folded in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pipelines.data.feedback import reactions
from pipelines.errors import UnknownIdError
from serving.engine import Engine
from serving.fold_in import Folded, fold_in
from serving.identity.callers import caller
from serving.runtime import Runtime
from serving.store.gateway import Kept

STORE_AWAY = ["store"]


class Heard(NamedTuple):
    """What to ask the model.

    Attributes:
        folded: The history, what speaks against, and what must not appear.
        degraded: What was away, so that it could not be taken into account.
    """

    folded: Folded
    degraded: list[str]


async def hear(
    runtime: Runtime, engine: Engine, history: Mapping[str, float] | None, user_id: str | None = None
) -> Heard:
    """Return what a call is to be answered from.

    A history in the call that nobody in particular makes is taken as it is, and the store is not asked. With a session
    its feedback counts for whatever history is asked about, as a block has to hold everywhere; without a history, its
    imported one is taken.

    Args:
        runtime: The running service.
        engine: The model that will be asked.
        history: The history in the call; None for the listener's own.
        user_id: The listener a key acts for.

    Raises:
        NotIdentifiedError: A listener is asked about, and nobody is known.
        NotAllowedError: The caller may not see this listener's data.
        UnknownIdError: Neither the model nor the store knows the listener.
    """
    who = caller.get()
    if user_id is None and who.listener_id is None:
        return Heard(Folded(dict(history or {}), {}, frozenset(), ()), [])
    listener = who.listener(user_id)
    kept = await runtime.gateway.known(listener)
    learned_until = ""
    if history is None:
        trained = engine.bundle.known_history(listener) if user_id is not None else None
        if user_id is not None and trained is None and kept == Kept([], {}, whole=True):
            raise UnknownIdError(
                f"nothing is known of the listener '{listener}'", remedy="Send a 'history' instead of a 'user_id'"
            )
        if trained is not None:
            learned_until = str(engine.bundle.manifest["lineage"].get("feedback_until") or "")
        history = kept.imported if trained is None else trained
    rules = runtime.settings.feedback
    told = reactions(kept.events, min_play_ms=rules.min_play_ms)
    learned = reactions([event for event in kept.events if event.at <= learned_until], min_play_ms=rules.min_play_ms)
    return Heard(fold_in(history, told, rules, learned), [] if kept.whole else STORE_AWAY)
