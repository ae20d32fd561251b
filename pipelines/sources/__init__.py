"""Sources: one contract, one file each, found by name.

A source of another package joins through the entry point group ``crossfade.sources``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pipelines.errors import ConfigError
from pipelines.plugins import plugin, plugin_names

if TYPE_CHECKING:
    from pipelines.sources.base import Source

#: The group of entry points by which other packages bring theirs; they cannot take a name of ours.
GROUP = "crossfade.sources"

_BUILT_IN = {
    "synthetic": "pipelines.sources.synthetic:Synthetic",
    "files": "pipelines.sources.files:Files",
    "hetrec-lastfm": "pipelines.sources.hetrec_lastfm:HetrecLastfm",
    "taste-profile": "pipelines.sources.taste_profile:TasteProfile",
    "yambda": "pipelines.sources.yambda:Yambda",
    "listenbrainz": "pipelines.sources.listenbrainz:ListenBrainz",
    "listenbrainz-export": "pipelines.sources.listenbrainz:ListenBrainzExport",
    "lastfm": "pipelines.sources.lastfm:Lastfm",
    "exportify": "pipelines.sources.exportify:Exportify",
    "spotify-export": "pipelines.sources.spotify_export:SpotifyExport",
    "spotify-api": "pipelines.sources.spotify_api.source:SpotifyApi",
    "feedback": "pipelines.sources.feedback:Feedback",
}


def built_in_names() -> tuple[str, ...]:
    """Return the names of the sources of this project."""
    return tuple(_BUILT_IN)


def source_names() -> tuple[str, ...]:
    """Return the names of all sources, the built-in ones first."""
    return (*_BUILT_IN, *(name for name in plugin_names(GROUP) if name not in _BUILT_IN))


def source_type(name: str) -> type[Source]:
    """Return a source's class, imported only now.

    Raises:
        ConfigError: There is no such source, or the package that brings it is broken.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        found: type[Source] = getattr(import_module(module), attribute)
        return found
    from pipelines.sources.base import Source

    brought = plugin(GROUP, name, Source)  # type: ignore[type-abstract]  # what comes back is no abstract class
    if brought is not None:
        return brought
    known = ", ".join(source_names())
    raise ConfigError(f"there is no source '{name}'", where="sources", remedy=f"Choose one of: {known}")
