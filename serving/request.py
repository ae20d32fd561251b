"""What is known of the request being answered, wherever in the service somebody needs it."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

#: Its id: the caller's, where it is a sane one, else random.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Whether it came encrypted, so that its cookies may be kept from going out in the clear.
secure: ContextVar[bool] = ContextVar("secure", default=False)


class Asked:
    """A request's headers, looked up by their names in small letters; of one sent twice, the first.

    Args:
        raw: The headers as the server read them, their names in small letters.
    """

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._found: dict[bytes, bytes] = {}
        for name, value in raw:
            self._found.setdefault(name, value)

    def get(self, name: str, default: str = "") -> str:
        """Return one header; ``default`` where it was not sent."""
        found = self._found.get(name.encode())
        return default if found is None else found.decode("latin-1")

    def __contains__(self, name: str) -> bool:
        """Tell whether a header was sent."""
        return name.encode() in self._found
