"""ALS on Spark, brought to the model the bundle knows.

Spark ML fits the same objective (Hu, Koren & Volinsky 2008) in other units. Its confidence of a preference r is
1 + alpha r; ours, which is that of ``implicit``, is alpha w. So r = alpha w - 1, with Spark's alpha at 1. Its ridge is
multiplied by the number of preferences of each listener and of each track (Zhou et al. 2008), ours is not: so it is
divided by the mean number, the geometric one of both sides. Who has fewer preferences than that is held back less than
by ``implicit``, who has more is held back more. The factors are not the same, and how good they are is measured like
any candidate's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.sparse import row_of_each

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pipelines.recommenders.als import ALSConfig

#: A preference of so little confidence still is one.
_LEAST: Final = 1e-3


def track_factors(session: SparkSession, weighed: sp.csr_array, config: ALSConfig) -> np.ndarray:
    """Return the factors of the tracks, float32; 0 where nobody has the track.

    Args:
        session: A session on the cluster.
        weighed: Listeners x tracks, entries > 0.
        config: The hyper-parameters.
    """
    from pyspark.ml.recommendation import ALS

    strengths = np.maximum(config.alpha * weighed.data.astype(np.float64) - 1.0, _LEAST)
    rows = {"listener": row_of_each(weighed).astype(np.int32), "track": weighed.indices.astype(np.int32)}
    frame = session.createDataFrame(pa.table({**rows, "strength": strengths.astype(np.float32)}))
    als = ALS(
        rank=min(config.factors, *weighed.shape),
        maxIter=config.epochs,
        regParam=config.reg / np.sqrt(weighed.nnz / weighed.shape[0] * weighed.nnz / weighed.shape[1]),
        alpha=1.0,
        implicitPrefs=True,
        seed=config.seed,
        userCol="listener",
        itemCol="track",
        ratingCol="strength",
    )
    found = als.fit(frame).itemFactors.toArrow()
    factors = np.zeros((weighed.shape[1], als.getRank()), dtype=np.float32)
    values = found["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    factors[found["id"].to_numpy()] = values.reshape(found.num_rows, -1)
    return factors
