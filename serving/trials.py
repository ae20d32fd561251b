"""Models on trial beside the champion: a canary answers its share of the listeners, a shadow is only compared.

``pipelines.release.states`` says what they are; ``EngineHolder`` holds their engines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.background import BackgroundTask

from serving.engine import Engine, ListQuestion, RankedList

logger = logging.getLogger(__name__)


#: Notes a list that a listener was shown: the bundle that made another one beside it, and the share both have.
Note = Callable[[str, float | None], None]


@dataclass
class Comparison:
    """How a shadow's lists compare with those that were shown, since this worker holds it.

    Attributes:
        lists: How many were compared.
        overlap: The mean share of the tracks of a list that stood in the shadow's too.
        failed: How many the shadow could not make.
    """

    lists: int = 0
    overlap: float = 0.0
    failed: int = 0

    def add(self, shown: set[str], other: set[str]) -> float:
        """Count one pair of lists and return their overlap; nothing is the same as nothing."""
        overlap = len(shown & other) / len(shown) if shown else 1.0
        self.lists += 1
        self.overlap += (overlap - self.overlap) / self.lists
        return overlap


@dataclass(frozen=True)
class Shadow:
    """A model whose lists nobody sees.

    Attributes:
        engine: Its engine.
        comparison: What was seen of it.
    """

    engine: Engine
    comparison: Comparison

    def after(
        self, by: Engine, shown: RankedList, request_id: str, asked: ListQuestion, note: Note | None = None
    ) -> BackgroundTask:
        """Return what to do once an answer is on its way: make the shadow's list and compare it with the one shown.

        Args:
            by: The engine that made the list.
            shown: The list.
            request_id: The call.
            asked: What was asked for.
            note: Notes the list, with what the shadow made of it.
        """

        async def compare() -> None:
            overlap = None
            try:
                overlap = self.comparison.add(_ids(by, shown), _ids(self.engine, self.engine.lists([asked])[0]))
            except Exception:  # nobody asked for it: it must not disturb anybody
                self.comparison.failed += 1
                logger.exception("The shadow %s failed on request %s", self.engine.version, request_id)
            else:
                logger.info(
                    "Shadow %s: %.0f %% of the list of %s, request %s",
                    self.engine.version, 100 * overlap, by.version, request_id,
                )  # fmt: skip
            if note is not None:
                note(self.engine.version, overlap)

        return BackgroundTask(compare)


def whose(listener: str | None, history: Mapping[str, float] | None) -> str:
    """Return what a listener is told apart by, so that the same one meets the same model: the id, else the history."""
    return listener or "\n".join(sorted(history or ()))


def _ids(engine: Engine, found: RankedList) -> set[str]:
    """Return the tracks of a list by id: two bundles need not have them in the same places."""
    return {engine.bundle.tracks[track] for track in found.tracks}
