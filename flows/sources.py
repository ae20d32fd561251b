"""From a source's name and what a person said about it to the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipelines.errors import ConfigError
from pipelines.home import Home
from pipelines.sources import source_type
from pipelines.sources.base import Source


def build_source(name: str, options: Mapping[str, Any], home: Home) -> Source:
    """Return a source with its options, and with something to read: a wrong path is told before anything starts.

    Raises:
        ConfigError: There is no such source, or an option is unknown or impossible.
        SourceError: A file that was named does not exist or cannot be opened.
    """
    kind = source_type(name)
    try:
        source = kind(kind.options_type(**{"downloads": home.downloads, **options}))
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"])
        known = ", ".join(each for each in kind.options_type.model_fields if each != "downloads")
        raise ConfigError(
            f"'{option}': {first['msg']}", where=f"source '{name}'", remedy=f"Its options are: {known}"
        ) from error
    source.check()
    return source
