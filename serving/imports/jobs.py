"""What the service and the process that reads a file tell each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What to do.

    Attributes:
        import_id: Which import it is.
        path: The file.
        listener: Whose it is.
        consent: The id of the consent the rows rest on.
        bundle: The folder of the bundle that is served.
        store: The address of the store; it may hold a password.
    """

    import_id: str
    path: str
    listener: str
    consent: str
    bundle: str
    store: str
