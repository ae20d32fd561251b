"""Whether Spark can run here."""

from __future__ import annotations

from pipelines.engines.choosing import EngineChoice, require
from pipelines.errors import NotSupportedError


def missing_for_spark() -> str | None:
    """Return what Spark lacks on this machine; None where it can run."""
    try:
        require(EngineChoice.of("spark"))
    except NotSupportedError as error:
        return str(error)
    return None
