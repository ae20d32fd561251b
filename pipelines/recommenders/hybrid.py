"""Hybrid SLIM: the flagship with side information (artists, tags, genres, era, audio) in its Gram matrix.

SSLIM (Ning & Karypis 2012), Add-EASE (Jeunen, Van Balen & Goethals 2020). A track nobody has played still shares
artists, tags or genres with others, so it gets neighbours and weights: cold tracks are scored by content.
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig, TrainingData
from pipelines.recommenders.gram import Gram, co_occurrence, mean_diagonal, with_side_information
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.recommenders.weighting import weigh


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
    genres: float = Field(default=1.0, ge=0)
    era: float = Field(default=0.0, ge=0)
    audio: float = Field(default=0.0, ge=0)


class HybridSlim(Slim):
    """SLIM-ridge on co-occurrence plus weighted side information."""

    name: ClassVar[str] = "hybrid"
    title: ClassVar[str] = "Hybrid SLIM"
    config_type: ClassVar[type[RecommenderConfig]] = HybridConfig
    config: HybridConfig
    scores_cold_tracks: ClassVar[bool] = True

    def fit(self, data: TrainingData) -> Self:
        """Build the Gram matrix with side information, choose neighbours and solve."""
        played = co_occurrence(weigh(data.histories, self.config.weighting))
        weights = self.config.model_dump(include={"artists", "tags", "genres", "era", "audio"})
        gram = Gram(with_side_information(played, data.items, weights))
        return self.fit_gram(gram, unit=mean_diagonal(played.diagonal()))
