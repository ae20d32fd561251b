"""The same models straight from other libraries, as ``measuring`` wants them.

Runs in an environment of its own (``infra/locks/peers.txt``): RecTools asks for NumPy 1, and LensKit is the last
release that does without PyTorch. Left out is what cannot rank for listeners it was not trained on: implicit's BPR,
RecTools' ALS and PureSVD.

Each library does what it does by itself: its own threads, its own way from a history to a list.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

# The hyper-parameters of the candidates they stand beside. EASE's ridge is in units of the mean diagonal of its Gram
# matrix (the mean number of listeners of a track), so that one number suits large and small data sets.
EASE_REG = 10.0
FACTORS, REG, ALPHA, EPOCHS, NEIGHBOURS = 64, 1.0, 5.0, 15, 200


class Implicit:
    """A model of implicit.

    Args:
        make: Returns the unfitted model.
        fold_in: What its ``recommend`` needs to be told for listeners it was not trained on.
    """

    def __init__(self, make: Callable[[], Any], **fold_in: bool) -> None:
        self._model = make()
        self._fold_in = fold_in

    def fit(self, fold: Any) -> None:
        """Fit with BLAS on one thread, as the library itself advises."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, "blas"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own conversions between kinds of sparse matrices
            self._model.fit(binary(fold.train), show_progress=False)

    def rank(self, fold: Any, k: int) -> np.ndarray:
        """Rank all histories in one call."""
        given = binary(fold.given)
        lists, _ = self._model.recommend(
            np.arange(given.shape[0]), given, N=k, filter_already_liked_items=True, **self._fold_in
        )
        return np.asarray(lists)


class RecTools:
    """A model of RecTools.

    Args:
        make: Returns the unfitted model, given how many listeners the mean track has.
    """

    def __init__(self, make: Callable[[float], Any]) -> None:
        self._make = make
        self._model: Any = None

    def fit(self, fold: Any) -> None:
        """Fit on the data set in the library's own form."""
        self._model = self._make(fold.train.nnz / fold.train.shape[1])
        self._model.fit(self._dataset(fold.train))

    def rank(self, fold: Any, k: int) -> np.ndarray:
        """Rank from a data set that holds the given histories."""
        n = fold.given.shape[0]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._model.recommend(np.arange(n), self._dataset(fold.given), k=k, filter_viewed=True)
        lists = np.full((n, k), -1)
        lists[found["user_id"], found["rank"] - 1] = found["item_id"]
        return lists

    @staticmethod
    def _dataset(plays: sp.csr_array) -> Any:
        from rectools.dataset import Dataset, IdMap, Interactions

        listeners, tracks = plays.shape
        coo = plays.tocoo()
        table = pd.DataFrame({"user_id": coo.coords[0], "item_id": coo.coords[1], "weight": 1.0})
        # It takes the last track somebody has for the last of all: one more listener has that one, with no weight.
        table.loc[len(table)] = [listeners, tracks - 1, 0.0]
        table = table.astype({"user_id": int, "item_id": int}).assign(datetime=pd.Timestamp("2026-01-01"))
        users, items = IdMap(np.arange(listeners + 1)), IdMap(np.arange(tracks))
        return Dataset(users, items, Interactions(table))


class LensKit:
    """A model of LensKit 0.14, which ranks one listener after the other.

    Args:
        make: Returns the unfitted algorithm.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        from lenskit.algorithms import Recommender

        self._model = Recommender.adapt(make())
        self._known = np.empty(0, dtype=bool)

    def fit(self, fold: Any) -> None:
        """Fit on the table of who played what."""
        coo = fold.train.tocoo()
        self._known = np.bincount(coo.coords[1], minlength=fold.train.shape[1]) > 0
        self._model.fit(pd.DataFrame({"user": coo.coords[0], "item": coo.coords[1], "rating": 1.0}))

    def rank(self, fold: Any, k: int) -> np.ndarray:
        """Rank for each history, given as the ratings of a listener the model does not know."""
        given, everything = fold.given, np.arange(fold.given.shape[1])
        lists = np.full((given.shape[0], k), -1)
        for row in range(given.shape[0]):
            own = given.indices[given.indptr[row] : given.indptr[row + 1]]
            ratings = pd.Series(1.0, index=own[self._known[own]])  # its ALS fails on tracks nobody in training has
            found = self._model.recommend(-1, k, np.setdiff1d(everything, own), ratings)["item"].to_numpy()
            lists[row, : len(found)] = found
        return lists


def binary(plays: sp.csr_array) -> sp.csr_matrix:
    """Return who played what as the old matrix class with float32 ones."""
    ones = np.ones(plays.nnz, dtype=np.float32)
    return sp.csr_matrix((ones, plays.indices.astype(np.int32), plays.indptr.astype(np.int32)), shape=plays.shape)


def _als() -> Any:
    from implicit.als import AlternatingLeastSquares

    return AlternatingLeastSquares(factors=FACTORS, regularization=REG, alpha=ALPHA, iterations=EPOCHS, random_state=0)


def _cosine() -> Any:
    from implicit.nearest_neighbours import CosineRecommender

    return CosineRecommender(K=NEIGHBOURS)


def _bm25() -> Any:
    from implicit.nearest_neighbours import BM25Recommender

    return BM25Recommender(K=NEIGHBOURS, K1=1.2, B=0.75)


def _rectools_ease(mean_diagonal: float) -> Any:
    from rectools.models import EASEModel

    return EASEModel(regularization=EASE_REG * mean_diagonal)


def _rectools_knn(_: float) -> Any:
    from rectools.models import ImplicitItemKNNWrapperModel

    return ImplicitItemKNNWrapperModel(_cosine())


def _rectools_popular(_: float) -> Any:
    from rectools.models import PopularModel

    return PopularModel()


def _lenskit_knn() -> Any:
    from lenskit.algorithms.item_knn import ItemItem

    return ItemItem(NEIGHBOURS, save_nbrs=NEIGHBOURS, feedback="implicit")


def _lenskit_als() -> Any:
    from lenskit.algorithms.als import ImplicitMF

    return ImplicitMF(FACTORS, iterations=EPOCHS, reg=REG, weight=ALPHA, rng_spec=0)


MODELS: dict[str, Callable[[], Any]] = {
    "implicit ALS": lambda: Implicit(_als, recalculate_user=True),
    "implicit item kNN (cosine)": lambda: Implicit(_cosine),
    "implicit item kNN (BM25)": lambda: Implicit(_bm25),
    "RecTools popular": lambda: RecTools(_rectools_popular),
    "RecTools item kNN (cosine)": lambda: RecTools(_rectools_knn),
    "RecTools EASE": lambda: RecTools(_rectools_ease),
    "LensKit item kNN (cosine)": lambda: LensKit(_lenskit_knn),
    "LensKit ALS": lambda: LensKit(_lenskit_als),
}
