"""The installation's own secret: signs what the service hands out, seals what it keeps."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from pipelines.atomic import make_folder
from pipelines.errors import ConfigError
from pipelines.home import Home

_BYTES = 32
#: A secret given as text has at least so many characters.
_LEAST = 32


class Secret:
    """A secret, from which a key of its own is derived for each purpose."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._keys: dict[str, bytes] = {}

    @classmethod
    def of(cls, home: Home, given: str = "") -> Secret:
        """Return the secret that is given, or the one in the home folder, which is made where there is none.

        Args:
            home: The home folder.
            given: ``CROSSFADE_SECRET_KEY``; machines that share a store have to share it.

        Raises:
            ConfigError: It is too short, or others can read its file.
        """
        if not given:
            return cls(_from_file(home.secret_key))
        if len(given) < _LEAST:
            raise ConfigError(
                f"it has less than {_LEAST} characters",
                where="CROSSFADE_SECRET_KEY",
                remedy="python -c 'import secrets; print(secrets.token_urlsafe(32))' makes a good one",
            )
        return cls(given.encode())

    def key(self, purpose: str) -> bytes:
        """Return the key for a purpose, 32 bytes; one purpose's key tells nothing about another's."""
        if purpose not in self._keys:
            self._keys[purpose] = hmac.digest(self._root, f"crossfade/{purpose}".encode(), "sha256")
        return self._keys[purpose]

    def mac(self, purpose: str, message: str) -> str:
        """Return a code for a message, hexadecimal, that only this secret can make."""
        return hmac.digest(self.key(purpose), message.encode(), "sha256").hex()


def _from_file(path: Path) -> bytes:
    """Read the secret's file; where there is none, make it: whole, for its owner alone, and once."""
    if not path.exists():
        make_folder(path.parent)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(base64.urlsafe_b64encode(secrets.token_bytes(_BYTES)))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # somebody else was first: theirs counts
                path.hardlink_to(draft)
        finally:
            draft.unlink(missing_ok=True)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigError("others can read it", where=str(path), remedy=f"Run: chmod 600 {path}")
    content = path.read_bytes().strip()
    if len(content) < _LEAST:
        raise ConfigError("it is damaged", where=str(path), remedy="Restore it, or delete it: everybody starts anew")
    return content
