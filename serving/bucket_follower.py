"""Follows the release that is published in a bucket: what it names is fetched into the home folder, then served."""

from __future__ import annotations

import logging
import time
from typing import Final

from pipelines.errors import CrossfadeError, RemoteError
from pipelines.home import Home
from pipelines.release.publishing import ANSWERING, pull_release
from pipelines.remote.figures import pull_figures
from pipelines.remote.store import Remote

logger = logging.getLogger(__name__)

#: How soon a publication is noticed: each look is two small reads.
SECONDS_BETWEEN_LOOKS: Final = 5.0


class BucketFollower:
    """Keeps the home folder of a service in step with a bucket; while that is away, what is there goes on.

    Args:
        home: The home folder, which may be empty.
        remote: Where the release is published.
        seconds: How long a look is good for.
    """

    def __init__(self, home: Home, remote: Remote, seconds: float = SECONDS_BETWEEN_LOOKS) -> None:
        self._home = home
        self._remote = remote
        self._seconds = seconds
        self._due = 0.0
        self.problem: RemoteError | None = RemoteError("the model is being fetched", where=remote.url)

    def look(self) -> None:
        """Fetch what was published since the last look; may take as long as a bundle does."""
        if time.monotonic() < self._due:
            return
        problem: RemoteError | None = None
        try:
            if pull_release(self._home, self._remote, ANSWERING) is None:
                problem = RemoteError(
                    "nothing was published there yet", where=self._remote.url, remedy="Run 'crossfade push'"
                )
            pull_figures(self._home, self._remote)
        except CrossfadeError as error:  # whatever it is, it is why no model has come
            problem = RemoteError(error.what, where=error.where, remedy=error.remedy)
        except OSError as error:  # a disk that fails must not end the looking
            problem = RemoteError(f"it cannot be fetched ({error})", where=str(self._home.root))
        if problem is not None and str(problem) != str(self.problem):
            logger.warning("The bucket is not followed: %s", problem)
        self.problem = problem
        self._due = time.monotonic() + self._seconds
