"""What is still there of rows whose consent was withdrawn: stored rows, and models that learned from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.latest import latest_snapshot
from pipelines.data import columns as c
from pipelines.data.consent import Consent
from pipelines.data.row_parsing import ROW
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST
from pipelines.release.champion import read_champion
from validation.quarantine import QuarantineEntry, list_quarantine


@dataclass(frozen=True)
class Remains:
    """What was stored or learned while a consent stood, and is there still.

    Attributes:
        home: The home folder.
        interactions: Rows of the latest snapshot.
        quarantined: Rows in quarantine.
        bundles: Ids of the models that learned from the rows.
        champion: The one of them that is being served, if any.
    """

    home: Path
    interactions: int
    quarantined: int
    bundles: tuple[str, ...]
    champion: str | None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {**asdict(self), "home": str(self.home)}


def what_remains(home: Home, consents: Sequence[Consent]) -> Remains:
    """Find what rests on consents that were withdrawn.

    Raises:
        CrossfadeError: A snapshot or a quarantine entry is damaged.
    """
    ids = {consent.consent_id for consent in consents}
    bundles = tuple(sorted(path.parent.name for path in home.bundles.glob(f"[!.]*/{MANIFEST}") if _rests_on(path, ids)))
    champion = read_champion(home)
    return Remains(
        home=home.root,
        interactions=_interactions_of(home, ids),
        quarantined=sum(_quarantined_of(entry, ids) for entry in list_quarantine(home.quarantine)),
        bundles=bundles,
        champion=champion.bundle_id if champion and champion.bundle_id in bundles else None,
    )


def _interactions_of(home: Home, ids: set[str]) -> int:
    if not home.latest_snapshot.exists():
        return 0
    wanted = pa.array(sorted(ids), pa.string())
    batches = latest_snapshot(home).batches()
    return sum(pc.sum(pc.is_in(rows.data[c.CONSENT], value_set=wanted)).as_py() or 0 for rows in batches)


def _quarantined_of(entry: QuarantineEntry, ids: set[str]) -> int:
    return sum(json.loads(row).get(c.CONSENT) in ids for row in entry.rows()[ROW].to_pylist())


def _rests_on(manifest: Path, ids: set[str]) -> bool:
    lineage = json.loads(manifest.read_text(encoding="utf-8")).get("lineage", {})
    return bool(ids.intersection(lineage.get("permissions", {}).get("consents", ())))
