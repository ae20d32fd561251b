"""Recommenders: one contract, one file each, found by name.

A recommender of another package joins through the entry point group ``crossfade.recommenders``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.plugins import Registry

if TYPE_CHECKING:
    from pipelines.recommenders.base import Recommender

_REGISTRY = Registry(
    group="crossfade.recommenders",
    what="recommender",
    base="pipelines.recommenders.base:Recommender",
    built_in={
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
        "hybrid-als": "pipelines.recommenders.hybrid_als:HybridALS",
        "blend": "pipelines.recommenders.blend:Blend",
        "ranker": "pipelines.recommenders.ranker:Ranker",
    },
)


def built_in_names() -> tuple[str, ...]:
    """Return the names of the recommenders of this project."""
    return tuple(_REGISTRY.built_in)


def recommender_names() -> tuple[str, ...]:
    """Return the names of all recommenders, the built-in ones first."""
    return _REGISTRY.names()


def recommender_type(name: str) -> type[Recommender]:
    """Return a recommender's class, imported only now.

    Raises:
        ConfigError: There is no such recommender, or the package that brings it is broken.
    """
    return _REGISTRY.find(name)
