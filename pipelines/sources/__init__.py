"""Sources: one contract, one file each, found by name.

A source of another package joins through the entry point group ``crossfade.sources``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.plugins import Registry

if TYPE_CHECKING:
    from pipelines.sources.base import Source

_REGISTRY = Registry(
    group="crossfade.sources",
    what="source",
    base="pipelines.sources.base:Source",
    built_in={
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
    },
)


def built_in_names() -> tuple[str, ...]:
    """Return the names of the sources of this project."""
    return tuple(_REGISTRY.built_in)


def source_names() -> tuple[str, ...]:
    """Return the names of all sources, the built-in ones first."""
    return _REGISTRY.names()


def source_type(name: str) -> type[Source]:
    """Return a source's class, imported only now.

    Raises:
        ConfigError: There is no such source, or the package that brings it is broken.
    """
    return _REGISTRY.find(name)
