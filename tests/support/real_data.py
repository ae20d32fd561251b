"""The real data sets that tests and benchmarks read where they are at hand."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipelines.config import TrainingConfig
from pipelines.data.cleaning import clean
from pipelines.data.snapshot_writing import write_snapshot
from pipelines.features.build import build_dataset
from pipelines.features.dataset import Dataset
from pipelines.sources import source_type
from validation.gate import check
from validation.rules import GateRules

ARCHIVES = {"hetrec-lastfm": "hetrec2011-lastfm-2k.zip", "taste-profile": "."}
TITLES = {"hetrec-lastfm": "HetRec 2011 Last.fm", "taste-profile": "Taste Profile x Spotify"}


def real_dataset(name: str, data: Path, folder: Path) -> Dataset:
    """Read a real data set through cleaning, the gate and a snapshot, as every training does."""
    kind = source_type(name)
    source = kind(kind.options_type(archive=data / ARCHIVES[name]))
    outcome = check(clean(source).tables, GateRules(), docs=None, now=datetime.now(UTC))
    snapshot = write_snapshot(folder, outcome.tables, outcome.verdict, (source.provenance(),))
    return build_dataset(snapshot, TrainingConfig())
