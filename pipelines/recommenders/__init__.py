"""Recommenders: one contract, one file each, found by name.

A recommender of another package joins through the entry point group ``crossfade.recommenders``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.recommenders.base import Recommender

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


def recommender_names() -> tuple[str, ...]:
    """Return the names of all recommenders, the built-in ones first."""
    return (*_BUILT_IN, *(point.name for point in entry_points(group="crossfade.recommenders")))


def recommender_type(name: str) -> type[Recommender]:
    """Return a recommender's class, imported only now.

    Raises:
        ConfigError: There is no such recommender.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        found: type[Recommender] = getattr(import_module(module), attribute)
        return found
    for point in entry_points(group="crossfade.recommenders", name=name):
        loaded: type[Recommender] = point.load()
        return loaded
    known = ", ".join(recommender_names())
    raise ConfigError(f"there is no recommender '{name}'", where="recommenders", remedy=f"Choose one of: {known}")
