"""The MLflow model: a bundle that ranks tracks for the histories in a data frame.

MLflow stores this file itself ("models from code") and runs it where the model is loaded, with the ``pipelines``
package beside it; so nothing else of this project may be imported here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from pipelines.release.batch import Histories, recommend_table
from pipelines.release.bundle import ModelBundle, read_bundle

DEFAULT_K = 10


class BundleModel(PythonModel):
    """Ranks the whole catalogue for every listener in a data frame."""

    bundle: ModelBundle

    def load_context(self, context: PythonModelContext) -> None:
        """Read the bundle that was stored with the model."""
        self.bundle = read_bundle(Path(context.artifacts["bundle"]))

    # MLflow passes the context only to those who name it.
    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:  # type: ignore[override]
        """Return ranked tracks: user_id, track_id, rank, score.

        Args:
            model_input: One row a listener and track: user_id, track_id and, if wanted, weight.
            params: ``k``: the length of each list.
        """
        k = int((params or {}).get("k", DEFAULT_K))
        lists: pd.DataFrame = recommend_table(self.bundle, Histories.of_frame(model_input), k).to_pandas()
        return lists


set_model(BundleModel())
