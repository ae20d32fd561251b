"""What deployments need on a Prefect server beside themselves: a work pool, and one limit for all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from pipelines.errors import ServiceError

#: The global concurrency limit that all deployments share: they work on one home folder.
LIMIT: Final = "crossfade-home"
_TIMEOUT_SECONDS = 10.0
#: A server on SQLite answers 503 while something else is writing.
_BUSY: Final = httpx.codes.SERVICE_UNAVAILABLE
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0)


class DeployServer:
    """The part of a Prefect server's API that Prefect's command has no word for.

    Args:
        api: The address of the API.
    """

    def __init__(self, api: str) -> None:
        self._api = api.rstrip("/")

    def ensure_pool(self, name: str) -> None:
        """Make a work pool that starts processes, where there is none of that name.

        Raises:
            ServiceError: The server does not answer, or refuses.
        """
        if self.find(f"/work_pools/{name}") is None:
            self.ask("POST", "/work_pools/", {"name": name, "type": "process", "description": "Crossfade flows"})

    def share_limit(self, deployments: Sequence[str]) -> None:
        """Let deployments take turns: one run of all of them at a time, the others wait on the server.

        Prefect's command gives each deployment a limit of its own, with which two of them would overlap; it is taken
        away here. Whoever removes a deployment on the server removes its limit with it, and so the shared one; this
        makes it again.

        Args:
            deployments: Flow and deployment ("ingest/lastfm").

        Raises:
            ServiceError: The server does not answer, or refuses.
        """
        path = "/v2/concurrency_limits/"
        limit = self.find(f"{path}{LIMIT}") or self.ask("POST", path, {"name": LIMIT, "limit": 1}).json()
        for name in deployments:
            deployment = self.ask("GET", f"/deployments/name/{name}").json()
            own = deployment["global_concurrency_limit"]
            if own is None or own["id"] != limit["id"]:
                change = {"global_concurrency_limit_id": limit["id"]}
                self.ask("PATCH", f"/deployments/{deployment['id']}", change)
                if own is not None:
                    self.ask("DELETE", f"{path}{own['id']}")

    def find(self, path: str) -> dict[str, Any] | None:
        """Return what lies at a path; None where nothing does.

        Raises:
            ServiceError: The server does not answer, or refuses.
        """
        answer = self.ask("GET", path, missing_is_fine=True)
        found: dict[str, Any] | None = None if answer.status_code == httpx.codes.NOT_FOUND else answer.json()
        return found

    def ask(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, *, missing_is_fine: bool = False
    ) -> httpx.Response:
        """Send one request; a busy server is asked again.

        Raises:
            ServiceError: The server does not answer, or refuses.
        """
        try:
            for pause in (*_PAUSES, None):
                answer = httpx.request(method, self._api + path, json=content, timeout=_TIMEOUT_SECONDS)
                if answer.status_code != _BUSY or pause is None:
                    break
                time.sleep(pause)
            if missing_is_fine and answer.status_code == httpx.codes.NOT_FOUND:
                return answer
            return answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ServiceError(
                f"the Prefect server does not do what is asked ({error})",
                where=self._api,
                remedy="Check PREFECT_API_URL and that the server runs",
            ) from error
