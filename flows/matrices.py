"""What every task of a training reads: made once in a process, from the snapshot and the configuration alone.

Tasks are given a plan, which is small and has a hash, and not the matrices: so a task can run in another process, and
its result can be found again by what it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock

from flows.code_version import core_fingerprint
from flows.latest import snapshot_named
from flows.work_time import working
from pipelines.config import CandidateConfig, EvaluationRules, TrainingConfig
from pipelines.data.hashing import hash_json
from pipelines.data.permissions import NOTHING_AGREED, Permissions
from pipelines.engines.choosing import LOCAL
from pipelines.errors import ConfigError
from pipelines.evaluation.splitting import Split, make_splits
from pipelines.features.build import build_dataset
from pipelines.features.dataset import Dataset
from pipelines.home import Home


@dataclass(frozen=True)
class Plan:
    """A training that is to be done.

    Attributes:
        home: The home folder.
        snapshot_id: The data.
        config: The training configuration.
        config_hash: Its hash.
        permissions: What people and the owner of the installation have agreed to.
        permissions_hash: Their hash.
        engine: The name of the engine that does the work.
    """

    home: Home
    snapshot_id: str
    config: TrainingConfig = field(compare=False, repr=False)
    config_hash: str
    permissions: Permissions = field(compare=False, repr=False)
    permissions_hash: str
    engine: str = LOCAL

    @classmethod
    def of(
        cls,
        home: Home,
        snapshot_id: str,
        config: TrainingConfig,
        permissions: Permissions = NOTHING_AGREED,
        engine: str = LOCAL,
    ) -> Plan:
        """Return the plan of training on a snapshot."""
        return cls(home, snapshot_id, config, config.hash(), permissions, permissions.hash(), engine)

    def candidate(self, name: str) -> CandidateConfig:
        """Return a candidate's configuration.

        Raises:
            ConfigError: The configuration has no such candidate.
        """
        for candidate in self.config.candidates:
            if candidate.name == name:
                return candidate
        raise ConfigError(f"there is no candidate '{name}'", where="training configuration")

    def fold_key(self, candidate: str, protocol: str, fold: int) -> str:
        """Return a hash of all that decides what a candidate does on a fold: data that may train, settings and code."""
        return self._key(self.candidate(candidate).model_dump(mode="json"), protocol, fold)

    def stand_in_key(self, bundle_id: str, protocol: str, fold: int) -> str:
        """Return the same of what a bundle's model would do."""
        return self._key(["stand-in", bundle_id], protocol, fold)

    def fold_keys(self) -> frozenset[str]:
        """Return the key of every candidate on every fold."""
        rules = self.config.evaluation
        return frozenset(
            self.fold_key(candidate.name, protocol, fold)
            for candidate in self.config.candidates
            for protocol in rules.protocols
            for fold in range(rules.folds)
        )

    def _key(self, who: object, protocol: str, fold: int) -> str:
        shared = self.config.model_dump(mode="json", exclude={"candidates", "behaviour"})
        data = [self.snapshot_id, self.permissions_hash]
        return hash_json([data, shared, who, protocol, fold, self.engine, core_fingerprint()])


@dataclass(frozen=True)
class Matrices:
    """A data set and its splits."""

    dataset: Dataset
    splits: Mapping[tuple[str, int], Split]

    def facts(self) -> dict[str, int]:
        """Return the sizes people ask for first."""
        listeners, tracks = self.dataset.histories.shape
        facts = {"listeners": int(listeners), "tracks": int(tracks), "preferences": int(self.dataset.histories.nnz)}
        return facts | {f"left_out.{name}": int(count) for name, count in self.dataset.left_out.items()}

    def left_out(self, rules: EvaluationRules) -> tuple[str, ...]:
        """Return the protocols of ``rules`` that this data does not allow."""
        possible = {protocol for protocol, _ in self.splits}
        return tuple(protocol for protocol in rules.protocols if protocol not in possible)


def name_of_fold() -> str:
    """Name the running task, which measures on a fold; folds are counted from 1, as in MLflow."""
    from prefect.runtime import task_run

    given = task_run.parameters
    return f"{given.get('candidate', 'as the champion learned')} · {given['protocol']} · fold {given['fold'] + 1}"


_building = Lock()


def matrices(plan: Plan) -> Matrices:
    """Return the matrices of a plan; threads that ask at the same time wait for one of them to build.

    Raises:
        CrossfadeError: The snapshot is missing or damaged, or holds too little to learn from.
    """
    with _building:
        return _matrices(plan)


def forget_matrices() -> None:
    """Give the memory back."""
    _matrices.cache_clear()


@lru_cache(maxsize=1)
def _matrices(plan: Plan) -> Matrices:
    with working("load"):
        dataset = build_dataset(snapshot_named(plan.home, plan.snapshot_id), plan.config, plan.permissions)
        splits = make_splits(dataset, plan.config.evaluation)
        return Matrices(dataset, {(split.protocol, split.fold): split for split in splits})
