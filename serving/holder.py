"""The engines being served, or the reason why there is none."""

from __future__ import annotations

import gc
import logging
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

from pipelines.errors import BundleError, CrossfadeError, ReleaseError
from pipelines.release.bundle import read_bundle
from pipelines.release.states import Champion, Releases, Trial, bundle_path
from serving import schemas
from serving.bucket_follower import BucketFollower
from serving.engine import Engine
from serving.settings import ServingSettings
from serving.trials import Comparison, Shadow

logger = logging.getLogger(__name__)


class _Served(NamedTuple):
    """What is served, replaced as a whole, so that a call sees one state.

    Attributes:
        folder: The bundle of the champion.
        engine: Its engine.
        releases: The release it belongs to; None for a fixed bundle.
        canary: The engine that answers some listeners.
        shadow: The engine that is compared.
    """

    folder: Path
    engine: Engine
    releases: Releases | None = None
    canary: Engine | None = None
    shadow: Shadow | None = None


class EngineHolder:
    """Holds the engine of the champion, and those of models on trial, and follows them when they change.

    Without a model the service runs all the same and says why there is none. A new champion takes over between two
    calls; one that cannot be loaded, or not answer a question, is refused, and what was served before stays. A canary
    or a shadow that cannot be loaded is left out: the champion answers everybody.
    """

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._served: _Served | None = None
        self._problem: CrossfadeError | None = None
        self._refused: Path | None = None
        self._bad_trials: dict[str, str] = {}
        remote = None if settings.bundle else settings.remote
        self._follower = BucketFollower(settings.home, remote) if remote else None
        self._loading = Lock()
        self._stopped = Event()

    @property
    def champion(self) -> Champion | None:
        """When and why the served model became champion; None for a fixed bundle."""
        releases = self._served.releases if self._served else None
        return releases.champion if releases else None

    @property
    def version(self) -> str:
        """The id of the bundle being served; empty while there is none."""
        return self._served.engine.version if self._served else ""

    @property
    def canary(self) -> str | None:
        """The id of the bundle that answers some of the listeners."""
        return self._served.canary.version if self._served and self._served.canary else None

    @property
    def shadow(self) -> Shadow | None:
        """The model whose lists are compared with those that are shown."""
        return self._served.shadow if self._served else None

    @property
    def problem(self) -> str | None:
        """What is wrong: why there is no model, or why a newer one is not served."""
        found = self._wrong()
        return found.what if found else None

    @property
    def refused(self) -> str | None:
        """The id of the bundle that could not be loaded; None where none was refused."""
        return self._refused.name if self._refused else None

    @property
    def refused_trials(self) -> list[str]:
        """The ids of the bundles on trial that could not be loaded."""
        return sorted(self._bad_trials)

    @property
    def refusals(self) -> dict[str, str]:
        """Why each bundle that is named was refused."""
        newer = {self._refused.name: self._problem.what} if self._refused and self._problem else {}
        return {**newer, **self._bad_trials}

    def engine(self) -> Engine:
        """Return the engine of the champion.

        Raises:
            CrossfadeError: There is none, and this is why.
        """
        if self._served is None:
            raise self._wrong() or ReleaseError("the model is still being loaded")
        return self._served.engine

    def engine_for(self, listener: str) -> Engine:
        """Return the engine that answers a listener: the canary's for its share of them, else the champion's.

        Raises:
            CrossfadeError: There is none, and this is why.
        """
        served = self._served
        if served is None or served.canary is None or served.releases is None:
            return self.engine()
        chosen = served.releases.answering(listener)
        return served.canary if chosen == served.canary.version else served.engine

    def version_for(self, listener: str) -> str:
        """Return the id of the bundle that answers a listener; empty while there is none."""
        return self.engine_for(listener).version if self._served else ""

    def load(self) -> Engine:
        """Return the engine of the champion as it is now; if that cannot be loaded, the one served before.

        Raises:
            CrossfadeError: There is no model, or its bundle is damaged, and there was none before.
        """
        self._refresh(try_again=True)
        return self.engine()

    def watch(self, seconds: float) -> None:
        """Look for a new champion every so many seconds, in a thread that ends with ``stop`` or with the process.

        A bucket is first asked here and not by ``load``: a worker may not take as long to start as a bundle to come.
        """

        def look() -> None:
            while not self._stopped.wait(seconds):
                try:
                    if self._follower is not None:
                        self._follower.look()
                    self._refresh(try_again=False)
                except Exception:  # or no champion would ever be noticed again
                    logger.exception("Looking for a new champion failed; the next look may go better")

        Thread(target=look, name="champion-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop looking for a new champion."""
        self._stopped.set()

    def _wrong(self) -> CrossfadeError | None:
        """Return what is wrong: without a model a bucket that is not followed comes first, as it is the cause."""
        missed = self._follower.problem if self._follower else None
        return missed or self._problem if self._served is None else self._problem or missed

    def _refresh(self, *, try_again: bool) -> None:
        """Load what the release names and is not served yet.

        Args:
            try_again: Also a champion that could not be loaded before, which costs reading all of it.
        """
        with self._loading:
            folder: Path | None = None
            try:
                folder, releases = self._settings.bundle_folder(), self._settings.releases()
                before = self._served
                if before is not None and folder == before.folder:
                    if releases == before.releases:
                        self._problem, self._refused = None, None
                        return
                    engine = before.engine
                elif folder == self._refused and not try_again:
                    return
                else:
                    engine = _opened(folder)
            except CrossfadeError as error:
                if str(error) != str(self._problem):
                    logger.warning("%s is served: %s", "The model before" if self._served else "No model", error)
                self._problem, self._refused = error, folder
                return
            self._serve(_Served(folder, engine, releases), before)

    def _serve(self, served: _Served, before: _Served | None) -> None:
        """Let the champion and the models on trial beside it take over."""
        releases = served.releases
        held = {engine.version: engine for engine in _engines(before)}
        self._bad_trials.clear()
        canary = self._trial(releases.canary, held) if releases else None
        on_shadow = self._trial(releases.shadow, held) if releases else None
        compared = before.shadow if before and before.shadow and before.shadow.engine is on_shadow else None
        shadow = compared or (Shadow(on_shadow, Comparison()) if on_shadow else None)
        self._served, self._problem, self._refused = served._replace(canary=canary, shadow=shadow), None, None
        _spare_the_garbage_collector()
        if before is None or before.engine is not served.engine:
            logger.info("Serving the model %s", served.engine.version)

    def _trial(self, trial: Trial | None, held: dict[str, Engine]) -> Engine | None:
        """Return the engine of a model on trial; None where there is none, or it cannot be loaded."""
        if trial is None:
            return None
        try:
            return held.get(trial.bundle_id) or _opened(bundle_path(self._settings.home, trial.bundle_id))
        except CrossfadeError as error:
            self._bad_trials[trial.bundle_id] = error.what
            logger.warning("The model on trial is left out: %s", error)
            return None


def _opened(folder: Path) -> Engine:
    """Open a bundle and ask it one question, which also reads what every call needs.

    Raises:
        CrossfadeError: It is damaged, or it cannot answer.
    """
    try:
        engine = Engine(read_bundle(folder))
        popular = engine.recommend({}, 10)
        liked = {engine.bundle.tracks[track]: 1.0 for track in popular.tracks[:3]}
        engine.recommend(liked, 10)
        engine.search("a", 10)
        schemas.ModelAnswer(model_version=engine.version, request_id="", **engine.card())
    except CrossfadeError:
        raise
    except Exception as error:  # whatever a damaged file leads to
        raise BundleError(
            f"it cannot answer a question ({type(error).__name__}: {error})",
            where=str(folder),
            remedy="Train and promote again",
        ) from error
    return engine


def _engines(served: _Served | None) -> list[Engine]:
    """Return every engine that is held."""
    if served is None:
        return []
    shadow = served.shadow.engine if served.shadow else None
    return [engine for engine in (served.engine, served.canary, shadow) if engine is not None]


def _spare_the_garbage_collector() -> None:
    """Take what is loaded out of garbage collection: scanning it over and over costs the slowest calls most."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
