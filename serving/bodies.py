"""The bodies of requests: of the type their address takes, and within its limit before they are read."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.types import Message, Receive

from serving.request import Asked

JSON = "application/json"
MAX_BODY_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """What an address takes instead of a small JSON body.

    Attributes:
        media_type: Its only type.
        max_bytes: The largest body; one that does not say its length is cut off there.
    """

    media_type: str
    max_bytes: int


def refusal(asked: Asked, expected: Upload) -> HTTPStatus | None:
    """Return why a body is refused by its headers alone, or None.

    BentoML reads other types than JSON too, such as another site's form could send.
    """
    kind = asked.get("content-type", expected.media_type)
    length = asked.get("content-length")
    if kind != expected.media_type:
        kind = kind.partition(";")[0].strip().lower()
    if kind != expected.media_type and length != "0":
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if length and not (length.isdecimal() and int(length) <= expected.max_bytes):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return None


class Body:
    """A body as it is read: one that does not say its length is counted, and cut off where it becomes too large.

    Attributes:
        too_large: Whether it was cut off.
    """

    def __init__(self, asked: Asked, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self.too_large = False
        #: What the app below reads with; a body of known length needs no counting.
        counted = "content-length" not in asked and "chunked" in asked.get("transfer-encoding")
        self.receive: Receive = self._counted if counted else receive

    async def _counted(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        self.too_large = True
        return {"type": "http.disconnect"}
