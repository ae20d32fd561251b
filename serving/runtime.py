"""What a running service works with: made once a worker, shared by its calls and by the pages mounted beside them."""

from __future__ import annotations

from contextlib import suppress

from pipelines.errors import CrossfadeError, ServiceError
from serving.holder import EngineHolder
from serving.settings import ServingSettings

#: How soon a new champion is noticed.
SECONDS_BETWEEN_LOOKS = 2.0


class Runtime:
    """The parts of a running service. Making one costs nothing: the parts are there after ``start``."""

    def __init__(self) -> None:
        self._holder: EngineHolder | None = None

    def start(self, settings: ServingSettings) -> None:
        """Make the parts; without a model the service runs and says so: 503, /readyz, and on the page."""
        self._holder = EngineHolder(settings)
        with suppress(CrossfadeError):
            self._holder.load()
        self._holder.watch(SECONDS_BETWEEN_LOOKS)

    def stop(self) -> None:
        """Let go of everything that runs beside the calls."""
        if self._holder is not None:
            self._holder.stop()

    @property
    def holder(self) -> EngineHolder:
        """The engine being served, or the reason why there is none.

        Raises:
            ServiceError: The service has not started.
        """
        if self._holder is None:
            raise ServiceError("the service has not started", remedy="Try again in a moment")
        return self._holder
