"""The engine being served, or the reason why there is none."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from threading import Event, Lock, Thread

from pipelines.errors import CrossfadeError
from pipelines.release.bundle import read_bundle
from pipelines.release.champion import Champion
from serving.engine import Engine
from serving.settings import ServingSettings

logger = logging.getLogger(__name__)


class EngineHolder:
    """Holds the engine of the champion and follows the champion when it changes.

    Without a model the service runs all the same and says why there is none. A new champion takes over between two
    calls; one that cannot be loaded is refused, and what was served before stays.
    """

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._served: tuple[Path, Engine, Champion | None] | None = None
        self._problem: CrossfadeError | None = None
        self._refused: Path | None = None
        self._loading = Lock()
        self._stopped = Event()

    @property
    def champion(self) -> Champion | None:
        """When and why the served model became champion; None for a fixed bundle."""
        return self._served[2] if self._served else None

    @property
    def version(self) -> str:
        """The id of the bundle being served; empty while there is none."""
        return self._served[1].version if self._served else ""

    @property
    def problem(self) -> str | None:
        """What is wrong: why there is no model, or why a newer one is not served."""
        return self._problem.what if self._problem else None

    @property
    def refused(self) -> str | None:
        """The id of the bundle that could not be loaded; None where none was refused."""
        return self._refused.name if self._refused else None

    def engine(self) -> Engine:
        """Return the engine.

        Raises:
            CrossfadeError: There is none, and this is why.
        """
        if self._served is None:
            raise self._problem if self._problem is not None else CrossfadeError("the model is still being loaded")
        return self._served[1]

    def load(self) -> Engine:
        """Return the engine of the champion as it is now; if that cannot be loaded, the one served before.

        Raises:
            CrossfadeError: There is no model, or its bundle is damaged, and there was none before.
        """
        self._refresh(try_again=True)
        return self.engine()

    def watch(self, seconds: float) -> None:
        """Look for a new champion every so many seconds, in a thread that ends with ``stop`` or with the process."""

        def look() -> None:
            while not self._stopped.wait(seconds):
                self._refresh(try_again=False)

        Thread(target=look, name="champion-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop looking for a new champion."""
        self._stopped.set()

    def _refresh(self, *, try_again: bool) -> None:
        """Load the champion's bundle unless it is the one being served.

        Args:
            try_again: Also where the same bundle could not be loaded before, which costs reading all of it.
        """
        with self._loading:
            folder: Path | None = None
            try:
                folder, champion = self._settings.bundle_folder(), self._settings.champion()
                if (self._served and folder == self._served[0]) or (folder == self._refused and not try_again):
                    return
                engine = Engine(read_bundle(folder))
            except CrossfadeError as error:
                if str(error) != str(self._problem):
                    logger.warning("%s is served: %s", "The model before" if self._served else "No model", error)
                self._problem, self._refused = error, folder
                return
            self._served, self._problem, self._refused = (folder, engine, champion), None, None
            _spare_the_garbage_collector()
            logger.info("Serving the model %s", engine.version)


def _spare_the_garbage_collector() -> None:
    """Take what is loaded out of garbage collection: scanning it over and over costs the slowest calls most."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
