"""The MLflow registry: model versions made from bundles, the alias of the champion, and what was decided about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

from pipelines.atomic import means_full_disk
from pipelines.data import columns as c
from pipelines.errors import CrossfadeError, RegistryError
from pipelines.release.bundle import ModelBundle
from pipelines.release.states import Role

MODEL = "crossfade"
CHAMPION: Final = "champion"
#: The states of a release that have an alias.
ALIASES: tuple[Role, ...] = (CHAMPION, "previous", "canary", "shadow")
BUNDLE_TAG = "bundle"
#: What the policy said last about a version.
DECISION_TAG: Final = "decision"
PROMOTED: Final = "promoted"
_DEFAULT_K = 10
#: Where MLflow puts the files that a model is given.
_BUNDLES = "artifacts"
_SOURCE = "models:/"
_HERE = Path(__file__).resolve().parent
#: What reading a bundle imports, besides MLflow.
_REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "pydantic", "scipy")

SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            ColSpec(DataType.string, c.USER_ID),
            ColSpec(DataType.string, c.TRACK_ID),
            ColSpec(DataType.double, c.WEIGHT, required=False),
        ]
    ),
    outputs=Schema(
        [
            ColSpec(DataType.string, c.USER_ID),
            ColSpec(DataType.string, c.TRACK_ID),
            ColSpec(DataType.long, c.RANK),
            ColSpec(DataType.double, c.SCORE),
        ]
    ),
    params=ParamSchema([ParamSpec("k", DataType.integer, _DEFAULT_K)]),
)


@contextmanager
def answering(uri: str, files: tuple[type[Exception], ...] = (OSError,)) -> Iterator[None]:
    """Turn what MLflow, its database or the network refuse into one error a person can act on.

    Args:
        uri: The address of MLflow's store.
        files: Errors of the system that are MLflow's here; none where other files are read and written as well.
    """
    try:
        yield
    except Exception as error:
        # What SQLAlchemy says of a damaged file passes through MLflow; this module does not know that library.
        ours = isinstance(error, (MlflowException, *files)) or type(error).__module__.startswith("sqlalchemy")
        if not ours or isinstance(error, CrossfadeError):
            raise
        if means_full_disk(error):
            raise CrossfadeError("the disk is full", where=uri, remedy="Free some space and run again") from error
        said = " ".join(str(error).split())[:200]
        raise RegistryError(
            f"the model registry does not answer ({type(error).__name__}: {said})",
            where=uri,
            remedy="Check that it runs and that CROSSFADE_MLFLOW_TRACKING_URI names it, then run again",
        ) from error


@contextmanager
def _going_on(run_id: str) -> Iterator[None]:
    """Let MLflow log to a run that goes on afterwards: it would end it, and a kill later on would not be seen."""
    mlflow.start_run(run_id=run_id)
    try:
        yield
    finally:
        mlflow.end_run("RUNNING")


class Registry:
    """The versions of one registered model.

    Args:
        tracking_uri: The address of MLflow's store.
    """

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri
        with answering(self._uri):
            self._client = MlflowClient(tracking_uri, registry_uri=tracking_uri)

    def register(self, bundle: ModelBundle, run_id: str, tags: Mapping[str, str]) -> str:
        """Store a bundle as a model of a run, register it, and return its version.

        A run that was interrupted and comes again finds the version it has made.

        Args:
            bundle: The bundle.
            run_id: The MLflow run it came from.
            tags: What is known about it.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            return self._register(bundle, run_id, tags)

    def _register(self, bundle: ModelBundle, run_id: str, tags: Mapping[str, str]) -> str:
        known = [each for each in self._versions(bundle.bundle_id) if each.run_id == run_id]
        if known:
            return str(known[0].version)
        mlflow.set_tracking_uri(self._uri)
        with _going_on(run_id):
            info = mlflow.pyfunc.log_model(
                name="model",
                python_model=str(_HERE / "pyfunc.py"),
                artifacts={"bundle": str(bundle.path)},
                code_paths=[str(_HERE.parent / "pipelines")],
                signature=SIGNATURE,
                input_example=example(bundle),
                pip_requirements=[f"{name}=={version(name)}" for name in _REQUIREMENTS],
            )
        self._ensure_model()
        made = self._client.create_model_version(
            MODEL, info.model_uri, run_id, tags={BUNDLE_TAG: bundle.bundle_id, **tags}, model_id=info.model_id
        )
        return str(made.version)

    def describe(self, number: str, description: str, tags: Mapping[str, str]) -> None:
        """Write what was decided about a version where people look at it: there, and on the run it came from.

        Raises:
            RegistryError: The registry does not answer, or does not know the version.
        """
        with answering(self._uri):
            self._client.update_model_version(MODEL, number, description=description)
            for key, value in tags.items():
                self._client.set_model_version_tag(MODEL, number, key, value)
            run_id = self._client.get_model_version(MODEL, number).run_id
            if run_id is not None:
                for key, value in tags.items():
                    self._client.set_tag(run_id, key, value)

    def aliases(self) -> dict[str, str]:
        """Return the aliases and the versions they point to; none where nothing was registered.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            found = self._client.search_registered_models(f"name = '{MODEL}'", max_results=1)
            return {name: str(number) for name, number in found[0].aliases.items()} if found else {}

    def champion(self) -> str | None:
        """Return the version the champion alias points to, or None."""
        return self.aliases().get(CHAMPION)

    def follow(self, in_use: Mapping[Role, str]) -> dict[str, str]:
        """Let the aliases follow the state of the release, and return them with their versions.

        Each alias moves in one step. One that points there already is left alone, so this also mends what a crash left
        behind. A bundle without a version gets no alias. Trainings that come to the same model make several: then one
        that was promoted gets it.

        Args:
            in_use: Alias ("champion", "previous", "canary", "shadow") -> bundle.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            now = self.aliases()
            found = {role: self._versions(bundle) for role, bundle in in_use.items()}
            wanted: dict[str, str] = {
                role: _of(versions, now.get(role)) for role, versions in found.items() if versions
            }
            for role in ALIASES:
                if role in now and role not in wanted:
                    self._client.delete_registered_model_alias(MODEL, role)
                elif role in wanted and now.get(role) != wanted[role]:
                    self._client.set_registered_model_alias(MODEL, role, wanted[role])
            return wanted

    def replace_bundle(self, old: str, new: ModelBundle) -> None:
        """Put a bundle in the place of another in every version made from that; the versions keep their numbers.

        What was logged stays as it was but for the bundle: the same model, without a person who was forgotten.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            for version_ in self._versions(old):
                for repository, folder in self._bundles_of(version_):
                    repository.delete_artifacts(folder)
                    repository.log_artifacts(str(new.path), folder)
                number, snapshot_id = version_.version, new.manifest["lineage"]["snapshot_id"]
                self._client.set_model_version_tag(MODEL, number, "snapshot", snapshot_id)
                # Last: until then the version is found by the old bundle, and a run that was killed comes here again.
                self._client.set_model_version_tag(MODEL, number, BUNDLE_TAG, new.bundle_id)

    def remove_bundle(self, bundle_id: str, reason: str) -> None:
        """Remove a bundle's files from every version made from it; what was decided about the version stays.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            for version_ in self._versions(bundle_id):
                for repository, folder in self._bundles_of(version_):
                    repository.delete_artifacts(folder)
                self._client.set_model_version_tag(MODEL, version_.version, "removed", reason)

    def replace_page(self, run_id: str, page: Path) -> None:
        """Put a training's page in the place of the one that was logged.

        Raises:
            RegistryError: The registry does not answer.
        """
        with answering(self._uri):
            self._client.log_artifact(run_id, str(page))

    def _bundles_of(self, version_: ModelVersion) -> list[tuple[ArtifactRepository, str]]:
        """Return where the files of a version's bundle are: a repository, and a folder of it."""
        # A version that a search finds does not say its model's id; its source does.
        model_id = str(version_.source).removeprefix(_SOURCE)
        repository = get_artifact_repository(self._client.get_logged_model(model_id).artifact_location)
        return [(repository, folder.path) for folder in repository.list_artifacts(_BUNDLES)]

    def _ensure_model(self) -> None:
        if not self._client.search_registered_models(f"name = '{MODEL}'", max_results=1):
            self._client.create_registered_model(MODEL, description="History in, ranked tracks out.")

    def _versions(self, bundle_id: str) -> list[ModelVersion]:
        """Return the versions of a bundle, newest first."""
        found = self._client.search_model_versions(f"name = '{MODEL}' AND tags.{BUNDLE_TAG} = '{bundle_id}'")
        return sorted(found, key=lambda each: int(each.version), reverse=True)


def _of(versions: Sequence[ModelVersion], now: str | None) -> str:
    """Return the version of a bundle that an alias is to point to: where it points now, a promoted one, or the newest.

    Args:
        versions: Those of the bundle, newest first.
        now: Where it points now.
    """
    promoted = [each for each in versions if each.tags.get(DECISION_TAG) == PROMOTED]
    numbers = [str(each.version) for each in (*promoted, *versions)]
    return now if now in numbers else numbers[0]


def example(bundle: ModelBundle) -> pd.DataFrame:
    """Return a small input: a listener who has played the three most popular tracks. Nobody's own history."""
    tracks = [str(track) for track in bundle.tracks.ids[bundle.by_popularity[:3]]]
    weights = [float(weight) for weight in range(len(tracks), 0, -1)]
    return pd.DataFrame({c.USER_ID: ["somebody"] * len(tracks), c.TRACK_ID: tracks, c.WEIGHT: weights})


def load_champion(tracking_uri: str) -> Any:
    """Load the champion as MLflow gives it: an object with ``predict(data_frame, params={"k": ...})``."""
    mlflow.set_tracking_uri(tracking_uri)
    return mlflow.pyfunc.load_model(f"models:/{MODEL}@{CHAMPION}")
