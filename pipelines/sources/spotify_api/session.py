"""The one door to Spotify: every request of spotipy goes through this session.

spotipy's own retries sleep for as long as Spotify asks (hours), repeat a POST, and lose the headers; given a session of
ours, it does none of that, and the rules are these:

- Requests go to Spotify's own addresses only: a ``next`` that leads elsewhere would hand over the token.
- Before the time Spotify named, nothing is asked at all.
- A GET that met a busy or failing server is asked again, later each time and never in step with other programs; all
  waiting of one run together has a ceiling. Anything else is sent once: nobody wants two playlists.
- Every other refusal is one error with its reason and its remedy.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from pipelines.errors import AccessError
from pipelines.sources.spotify_api.app import SpotifyApp, origin_of
from pipelines.sources.spotify_api.blocks import BlockFile
from pipelines.sources.spotify_api.refusals import Reason, Refusal, diagnose

#: Seconds to connect, seconds between two bytes of an answer.
TIMEOUTS: Final = (5.0, 30.0)
_PASSING: Final = frozenset({Reason.SERVER, Reason.UNREACHABLE, Reason.BROKEN_ANSWER})
_UNREACHABLE: Final = Refusal(
    Reason.UNREACHABLE, "Spotify did not answer, or the connection broke", "Check the network and run it again"
)
_BROKEN: Final = Refusal(
    Reason.BROKEN_ANSWER, "Spotify's answer is damaged or cut short", "Run it again in a few minutes"
)


@dataclass(frozen=True)
class Patience:
    """How long a run waits, and on which clock.

    Attributes:
        total: Seconds of waiting in one run, all requests together.
        attempts: How often one GET is sent at most.
        first_pause: Seconds before the second attempt; each further pause is twice as long.
        clock: Seconds since 1970.
        sleep: Waits so many seconds.
        random: Where the jitter comes from.
    """

    total: float = 60.0
    attempts: int = 5
    first_pause: float = 0.5
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    random: random.Random = field(default_factory=random.Random)

    def pause(self, attempt: int) -> float:
        """Return how long to wait after an attempt (1 for the first) that met a failing server."""
        return self.first_pause * 2.0 ** (attempt - 1) * self.random.uniform(0.5, 1.0)


class SpotifySession(requests.Session):
    """A ``requests`` session with the rules of this module.

    Raises:
        ConfigError: An address of the app is not one requests may go to.
    """

    def __init__(self, app: SpotifyApp, patience: Patience | None = None) -> None:
        super().__init__()
        # A netrc entry for the host would take the place of the token.
        self.auth = _keep_headers
        self._api_path = urlsplit(app.api_url).path
        self._origins = app.origins
        self._blocks = BlockFile(app.block_file, app.client_id)
        self._patience = patience or Patience()
        self._waited = 0.0

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request by the rules; the answer's status is below 300 and its body is whole.

        Raises:
            AccessError: It was refused, the waiting would be too long, or there was no usable answer.
        """
        method, url = str(method), str(url)
        if origin_of(url) not in self._origins:
            raise AccessError(
                f"an answer leads to {origin_of(url)}, and the log-in must not go there",
                where="Spotify",
                remedy="Check CROSSFADE_SPOTIFY_API_URL",
                reason=Reason.UNKNOWN,
            )
        kwargs["allow_redirects"] = False
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUTS
        attempt = 0
        while True:
            attempt += 1
            self.refuse_while_blocked()
            answer = self._try(method, url, args, kwargs)
            if not isinstance(answer, Refusal):
                return answer
            self._wait_or_raise(method, answer, attempt, endpoint=self._endpoint(url))

    def refuse_while_blocked(self) -> None:
        """Check that Spotify may be asked now.

        Raises:
            AccessError: It named a time before which it may not.
        """
        if block := self._blocks.standing(self._patience.clock()):
            raise block.as_error()

    def _try(self, method: str, url: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> requests.Response | Refusal:
        """Send once; return the answer, or why there is none."""
        try:
            response = super().request(method, url, *args, **kwargs)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            return _BROKEN
        except requests.exceptions.RequestException:
            return _UNREACHABLE
        if response.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            return diagnose(response.status_code, response.headers, response.text, self._endpoint(url))
        return response if _is_whole(response) else _BROKEN

    def _wait_or_raise(self, method: str, refusal: Refusal, attempt: int, *, endpoint: str) -> None:
        """Wait before another attempt, or say why there is none."""
        patience = self._patience
        again = method.upper() == "GET" and attempt < patience.attempts
        if refusal.wait is not None:
            if again and self._sleep(refusal.wait):
                return
            raise self._blocks.remember(patience.clock() + refusal.wait, refusal.reason, refusal.what).as_error()
        if again and refusal.reason in _PASSING and self._sleep(patience.pause(attempt)):
            return
        raise AccessError(refusal.what, where=f"Spotify ({endpoint})", remedy=refusal.remedy, reason=refusal.reason)

    def _sleep(self, seconds: float) -> bool:
        """Wait, unless this run has waited long enough; say whether it did."""
        if self._waited + seconds > self._patience.total:
            return False
        self._waited += seconds
        self._patience.sleep(seconds)
        return True

    def _endpoint(self, url: str) -> str:
        return urlsplit(url).path.removeprefix(self._api_path).strip("/")


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_whole(response: requests.Response) -> bool:
    """Tell whether a body is empty or JSON; spotipy makes None of anything else."""
    if not response.content.strip():
        return True
    try:
        response.json()
    except ValueError:
        return False
    return True
