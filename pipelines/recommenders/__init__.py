"""Recommenders: one contract, one file each, found by name.

A recommender of another package joins through the entry point group ``crossfade.recommenders``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pipelines.errors import ConfigError
from pipelines.plugins import plugin, plugin_names

if TYPE_CHECKING:
    from pipelines.recommenders.base import Recommender

#: The group of entry points by which other packages bring theirs; they cannot take a name of ours.
GROUP = "crossfade.recommenders"

_BUILT_IN = {
    "popularity": "pipelines.recommenders.popularity:Popularity",
    "popularity-recent": "pipelines.recommenders.popularity:RecentPopularity",
    "item-knn": "pipelines.recommenders.item_knn:ItemKNN",
    "item-knn-bm25": "pipelines.recommenders.item_knn:ItemKNNBM25",
    "als": "pipelines.recommenders.als:ALS",
    "bpr": "pipelines.recommenders.bpr:BPR",
    "content": "pipelines.recommenders.content:Content",
    "slim": "pipelines.recommenders.slim:Slim",
    "recent": "pipelines.recommenders.recent:RecentSlim",
    "hybrid": "pipelines.recommenders.hybrid:HybridSlim",
    "blend": "pipelines.recommenders.blend:Blend",
    "ranker": "pipelines.recommenders.ranker:Ranker",
}


def built_in_names() -> tuple[str, ...]:
    """Return the names of the recommenders of this project."""
    return tuple(_BUILT_IN)


def recommender_names() -> tuple[str, ...]:
    """Return the names of all recommenders, the built-in ones first."""
    return (*_BUILT_IN, *(name for name in plugin_names(GROUP) if name not in _BUILT_IN))


def recommender_type(name: str) -> type[Recommender]:
    """Return a recommender's class, imported only now.

    Raises:
        ConfigError: There is no such recommender, or the package that brings it is broken.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        found: type[Recommender] = getattr(import_module(module), attribute)
        return found
    from pipelines.recommenders.base import Recommender

    brought = plugin(GROUP, name, Recommender)  # type: ignore[type-abstract]  # what comes back is no abstract class
    if brought is not None:
        return brought
    known = ", ".join(recommender_names())
    raise ConfigError(f"there is no recommender '{name}'", where="recommenders", remedy=f"Choose one of: {known}")
