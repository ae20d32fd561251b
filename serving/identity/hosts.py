"""The names this service answers to.

A browser on this machine can be made to call the loopback under somebody else's name: a page of that name, whose
address is changed to 127.0.0.1 once it has been opened (DNS rebinding), would be of the service's own origin. So on the
loopback only its own names are answered, and those the owner adds.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import Scope

from pipelines.errors import WrongHostError
from serving.request import Asked

_LOOPBACK = ("127.", "::1", "localhost", "/")
_OWN = frozenset({"localhost", "::1"})


class Hosts:
    """Knows the names.

    Args:
        more: Further names, without ports; one that begins with a dot stands for every name that ends with it.
    """

    def __init__(self, more: Iterable[str] = ()) -> None:
        names = [name.strip().lower() for name in more]
        self._names = _OWN | {name for name in names if name and not name.startswith(".")}
        self._endings = tuple(name for name in names if name.startswith("."))

    def check(self, scope: Scope, asked: Asked) -> None:
        """Check that a request names this service, where it comes over the loopback.

        Raises:
            WrongHostError: It names something else.
        """
        host = asked.get("host")
        if host and not self._is_ours(host) and is_here(scope):
            raise WrongHostError(
                "this service is not called by the name in the header 'Host'",
                remedy="Ask for localhost or 127.0.0.1, or add the name to CROSSFADE_HOSTS",
            )

    def _is_ours(self, host: str) -> bool:
        if host.startswith("127.0.0.1"):  # nearly always
            name = host.partition(":")[0]
        else:
            try:
                name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
            except ValueError:
                return False
        return name in self._names or _is_loopback(name) or bool(self._endings and name.endswith(self._endings))


def _is_loopback(name: str) -> bool:
    """Tell whether a name is one of the loopback's addresses, 127.0.0.0/8."""
    parts = name.split(".")
    return len(parts) == len("1234") and parts[0] == "127" and all(part.isdecimal() for part in parts)


def is_here(scope: Scope) -> bool:
    """Tell whether a connection ends at this machine's loopback, which no other machine reaches."""
    server = scope.get("server")
    return server is None or server[0] is None or server[0].startswith(_LOOPBACK)
