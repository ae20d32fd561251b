"""From a source's name and what a person said about it to the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from flows.settings import load_settings
from flows.spotify import spotify_app
from pipelines.errors import ConfigError
from pipelines.home import Home
from pipelines.sources import source_type
from pipelines.sources.base import Source

#: Options that are filled in here, never by a person.
OWN = frozenset({"downloads", "app", "store"})


def build_source(name: str, options: Mapping[str, Any], home: Home) -> Source:
    """Return a source with its options, and with something to read: a wrong path is told before anything starts.

    Raises:
        ConfigError: There is no such source, or an option is unknown or impossible.
        SourceError: A file that was named does not exist or cannot be opened.
    """
    kind = source_type(name)
    where = f"source '{name}'"
    remedy = f"Its options are: {', '.join(each for each in kind.options_type.model_fields if each not in OWN)}"
    if not OWN.isdisjoint(options):
        taken = min(OWN.intersection(options))
        raise ConfigError(f"'{taken}' is taken from the settings and is no option", where=where, remedy=remedy)
    try:
        source = kind(kind.options_type(**_own_options(kind, home), **options))
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"'{option}': {first['msg']}", where=where, remedy=remedy) from error
    source.check()
    return source


def _own_options(kind: type[Source], home: Home) -> dict[str, Any]:
    """Return what a source is given by the settings: where downloads are kept, which app asks, where the store is."""
    given: dict[str, Any] = {"downloads": home.downloads}
    if "app" in kind.options_type.model_fields:
        given["app"] = spotify_app(load_settings().settings, home)
    if "store" in kind.options_type.model_fields:
        given["store"] = load_settings().settings.store_url.get_secret_value() or f"sqlite:///{home.events}"
    return given
