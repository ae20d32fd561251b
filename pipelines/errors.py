"""The one error tree: every error says what is wrong, where, and what to do.

The command line prints ``str(error)`` as a single line and exits with ``exit_code``; nothing else in the project turns
exceptions into text.
"""

from __future__ import annotations

from typing import ClassVar


class CrossfadeError(Exception):
    """An error a person can act on.

    Args:
        what: What is wrong, as a clause ("the column 'user_id' is missing").
        where: The file, table, setting or call in which it was found.
        remedy: What the reader can do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the whole message on one line."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{head.rstrip('.')}." + (f" {self.remedy.rstrip('.')}." if self.remedy else "")
        return " ".join(text.split())


class ConfigError(CrossfadeError):
    """A setting, an option or a configuration file is wrong."""

    exit_code: ClassVar[int] = 2


class SourceError(CrossfadeError):
    """A source cannot be read: missing, truncated, wrongly encoded or not what it claims to be."""


class AccessError(SourceError):
    """A service did not do what was asked: it refused, wants to be asked later, or did not answer.

    Args:
        what: What is wrong.
        where: What was asked for.
        remedy: What the reader can do about it.
        reason: The kind of refusal as one word, for programs.
    """

    def __init__(
        self, what: str, *, where: str | None = None, remedy: str | None = None, reason: str = "unknown"
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.reason = reason


class TableError(CrossfadeError):
    """A table breaks its own contract: a column is missing or has the wrong type."""


class SnapshotError(CrossfadeError):
    """A snapshot is missing, damaged or was never approved by the gate."""


class GateRefusedError(CrossfadeError):
    """A table-level expectation failed: nothing may train on this data."""


class NotPermittedError(CrossfadeError):
    """Rows may not be used for what was asked: the source's terms or the person's consent do not allow it."""


class NotEnoughDataError(CrossfadeError):
    """What is left of the data is too small for what was asked."""


class UnknownIdError(CrossfadeError):
    """A listener or a track is asked for by an id that the model does not know."""


class NotSupportedError(CrossfadeError):
    """The model cannot do what was asked: not every recommender has every capability."""


class NotFittedError(CrossfadeError):
    """A recommender was used before it was fitted."""


class BundleError(CrossfadeError):
    """A model bundle is missing, damaged or of another version."""


class ReleaseError(CrossfadeError):
    """A release step (promotion, rollback) cannot be carried out."""


class ServiceError(CrossfadeError):
    """A server could not be started or did not answer."""


class RegistryError(ServiceError):
    """The model registry did not answer, or refused."""


class StoreError(CrossfadeError):
    """The event store cannot be used: it does not answer, is damaged, or is of another version."""


class RemoteError(CrossfadeError):
    """An object store does not answer or refuses, or what stands there is missing, damaged or half."""


class NotIdentifiedError(CrossfadeError):
    """A call needs to know who asks, and what it carries does not say so, or is forged, revoked or past its end."""


class NotAllowedError(CrossfadeError):
    """Whoever asks may not do this."""


class WrongHostError(CrossfadeError):
    """A request names a host that this service does not answer to."""


class TooManyCallsError(CrossfadeError):
    """Whoever asks has asked too often.

    Args:
        what: What is wrong.
        where: What was asked for.
        remedy: What the reader can do about it.
        seconds: After how many seconds to try again.
    """

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None, seconds: int = 1) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.seconds = seconds
