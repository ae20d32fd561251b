"""The whole loop as one flow: ingest, train, promote, in this order, each a flow of its own below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import flow
from prefect.logging import get_run_logger

from flows.ingestion import ingest
from flows.ingestion_account import IngestSummary
from flows.parameters import SourceName
from flows.progress import name_run
from flows.promoting import PromotionSummary, promote
from flows.training import TrainSummary, train


@dataclass(frozen=True)
class LifecycleSummary:
    """What each part did."""

    ingested: IngestSummary
    trained: TrainSummary
    promoted: PromotionSummary

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return {
            "ingest": self.ingested.to_json(),
            "train": self.trained.to_json(),
            "promote": self.promoted.to_json(),
        }


@flow(name="lifecycle", flow_run_name="lifecycle of {source}")
def lifecycle(source: SourceName = "synthetic", options: dict[str, Any] | None = None) -> LifecycleSummary:
    """Take data from its source to a decision about the champion.

    Args:
        source: Where listening data come from.
        options: The source's options as JSON, for example {"archive": "/data/hetrec2011-lastfm-2k.zip"} or
            {"size": "tiny"}.

    Raises:
        CrossfadeError: One of the parts cannot be done; what was done before it stays.
    """
    ingested = ingest(source, options)
    trained = train(ingested.snapshot_id)
    promoted = promote(trained.record.training_id)
    log = get_run_logger()
    log.info("Snapshot %s: %s", ingested.snapshot_id, ", ".join(f"{n:,} {name}" for name, n in ingested.rows.items()))
    log.info("Winner: %s, model version %s", trained.record.winner, trained.record.model_version)
    outcome = f"{trained.record.winner} is {'promoted' if promoted.decision.promote else 'refused'}"
    name_run(f"lifecycle of {source}: {outcome}")
    log.info("%s: %s", "Promoted" if promoted.decision.promote else "Refused", promoted.decision.reason)
    return LifecycleSummary(ingested, trained, promoted)
