"""Hybrid SLIM: the flagship with side information (artists, tags, genres, era, audio) in its Gram matrix.

SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen, Van Balen & Goethals 2020). A track nobody has played still shares
artists, tags or genres with others, so it gets neighbours and weights: cold tracks are scored by content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig
from pipelines.recommenders.slim import Slim, SlimConfig


class HybridConfig(SlimConfig):
    """Hyper-parameters of the hybrid.

    Attributes:
        artists: Weight of the artist block, in units of the mean diagonal of the co-occurrence matrix; likewise below.
        tags: Weight of the tag block.
        genres: Weight of the genre block.
        era: Weight of the release-era block.
        audio: Weight of the audio block.
    """

    artists: float = Field(default=1.0, ge=0)
    tags: float = Field(default=1.0, ge=0)
    genres: float = Field(default=0.5, ge=0)
    era: float = Field(default=0.0, ge=0)
    audio: float = Field(default=0.0, ge=0)


class HybridSlim(Slim):
    """SLIM-ridge on co-occurrence plus weighted side information."""

    name: ClassVar[str] = "hybrid"
    title: ClassVar[str] = "Hybrid SLIM"
    config_type: ClassVar[type[RecommenderConfig]] = HybridConfig
    config: HybridConfig
    scores_cold_tracks: ClassVar[bool] = True

    def side_information(self) -> Mapping[str, float]:
        """Return the weight of each block of side information."""
        return self.config.model_dump(include={"artists", "tags", "genres", "era", "audio"})
