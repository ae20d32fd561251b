"""Recency-weighted SLIM: the flagship on histories whose plays fade with age.

Ding & Li 2005, "Time weight collaborative filtering": a play of age t counts 2 ** (-t / half-life). Here it fades in
both places, in the regression that finds which tracks go together and in the history that is scored.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from pydantic import Field

from pipelines.recommenders.base import RecommenderConfig
from pipelines.recommenders.recency import ages_in_history, halvings
from pipelines.recommenders.slim import Slim, SlimConfig
from pipelines.sparse import with_data


class RecentConfig(SlimConfig):
    """Hyper-parameters of the recency-weighted SLIM; the binary weighting makes it the plain one.

    Attributes:
        half_life: Days after which a play counts half.
    """

    half_life: float = Field(default=180.0, gt=0)


class RecentSlim(Slim):
    """SLIM-ridge in which old plays count less; where no time is known it is SLIM-ridge."""

    name: ClassVar[str] = "recent"
    title: ClassVar[str] = "SLIM-ridge, recency-weighted"
    config_type: ClassVar[type[RecommenderConfig]] = RecentConfig
    config: RecentConfig

    def aged(self, histories: sp.csr_array, times: sp.csr_array | None) -> sp.csr_array:
        """Return the histories, here and in fitting, with every strength multiplied by 2 ** (-age / half-life)."""
        if times is None:
            return histories
        fading = halvings(ages_in_history(times), self.config.half_life)
        # A strength never fades to nothing: the track stays in the history.
        data = np.maximum(histories.data * fading, np.finfo(np.float32).tiny).astype(np.float32)
        return with_data(histories, data)
