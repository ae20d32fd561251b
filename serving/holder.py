"""The engine being served, or the reason why there is none."""

from __future__ import annotations

import gc
import logging
from threading import Lock

from pipelines.errors import CrossfadeError
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import Champion
from serving.engine import Engine
from serving.settings import ServingSettings

logger = logging.getLogger(__name__)


class EngineHolder:
    """Loads the engine; while there is none, asks again whenever readiness is asked for.

    A service without a model starts all the same: it answers 503 with the reason, and works once there is a model.
    """

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._champion: Champion | None = None
        self._problem: CrossfadeError | None = None
        self._loading = Lock()

    @property
    def champion(self) -> Champion | None:
        """When and why the served model became champion; None for a fixed bundle."""
        return self._champion

    def engine(self) -> Engine:
        """Return the engine.

        Raises:
            CrossfadeError: There is none, and this is why.
        """
        if self._engine is not None:
            return self._engine
        raise self._problem if self._problem is not None else CrossfadeError("the model is still being loaded")

    def load(self) -> Engine:
        """Return the engine, loading it first where that has not worked yet.

        Raises:
            CrossfadeError: There is no model, or its bundle is damaged.
        """
        with self._loading:
            if self._engine is None:
                try:
                    self._champion = self._settings.champion()
                    self._engine = Engine(read_bundle(self._settings.bundle_folder()))
                except CrossfadeError as error:
                    if str(error) != str(self._problem):
                        logger.warning("No model is served: %s", error)
                    self._problem = error
                else:
                    _spare_the_garbage_collector()
                    logger.info("Serving the model %s", self._engine.version)
            return self.engine()


def _spare_the_garbage_collector() -> None:
    """Take what is loaded out of garbage collection: scanning it over and over costs the slowest calls most."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
