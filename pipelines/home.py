"""The layout of the home folder: the one place where all state lives, named once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Home:
    """The folder that holds snapshots, bundles, stores and reports.

    Attributes:
        root: The folder; it need not exist yet.
    """

    root: Path

    @property
    def snapshots(self) -> Path:
        """One folder a snapshot, named by its content."""
        return self.root / "snapshots"

    @property
    def latest_snapshot(self) -> Path:
        """A one-line file that names the snapshot ingested last."""
        return self.snapshots / "LATEST"

    @property
    def work(self) -> Path:
        """What does not fit in memory while a source is read; empty between ingestions."""
        return self.root / "work"

    @property
    def quarantine(self) -> Path:
        """Rows the gate set aside, one Parquet file an ingestion."""
        return self.root / "quarantine"

    @property
    def consents(self) -> Path:
        """The ledger of consents: every one given and withdrawn."""
        return self.root / "consents.sqlite3"

    @property
    def events(self) -> Path:
        """The event store, where it is SQLite: feedback, imported histories, keys."""
        return self.root / "events.sqlite3"

    @property
    def spool(self) -> Path:
        """Feedback that waits for the event store to come back."""
        return self.root / "spool"

    @property
    def secret_key(self) -> Path:
        """The installation's secret: signs sessions, seals tokens."""
        return self.root / "secret.key"

    @property
    def forgotten(self) -> Path:
        """The receipts of people who were forgotten; none names them."""
        return self.root / "forgotten"

    @property
    def forget_requests(self) -> Path:
        """Who is still to be forgotten, sealed with the installation's secret, and how far that has got."""
        return self.forgotten / "requests"

    @property
    def matches(self) -> Path:
        """A person's corrections of which tracks are the same."""
        return self.root / "matches.csv"

    @property
    def data_docs(self) -> Path:
        """The Great Expectations Data Docs site."""
        return self.root / "data-docs"

    @property
    def accepted_batches(self) -> Path:
        """Figures of the batches the gate let in, by source: what the next one is compared with."""
        return self.root / "accepted-batches"

    @property
    def bundles(self) -> Path:
        """One folder a model bundle, named by its content."""
        return self.root / "bundles"

    @property
    def champion(self) -> Path:
        """The state of the release: the bundle being served, the one before it, and those on trial."""
        return self.root / "champion.json"

    @property
    def releases(self) -> Path:
        """What was done with models; whoever changes the state of the release holds the lock of this folder."""
        return self.root / "releases"

    @property
    def release_events(self) -> Path:
        """The log of every promotion, trial and rollback: one line each, appended."""
        return self.releases / "events.jsonl"

    @property
    def built_bentos(self) -> Path:
        """Which Bento was built from which bundle: one line each, appended."""
        return self.releases / "bentos.jsonl"

    @property
    def lists(self) -> Path:
        """Lists for everybody, one folder a batch, named by what they were made from."""
        return self.root / "lists"

    @property
    def reports(self) -> Path:
        """Evaluation reports and promotion decisions, one folder a training."""
        return self.root / "reports"

    @property
    def monitoring(self) -> Path:
        """What monitoring found last, and which alarms were sent."""
        return self.root / "monitoring"

    @property
    def monitoring_figures(self) -> Path:
        """The figures of monitoring in Prometheus' text format; the service's ``/metrics`` shows them."""
        return self.monitoring / "crossfade.prom"

    @property
    def tuning(self) -> Path:
        """Searches of hyper-parameters: Optuna's database, and the configurations that were found."""
        return self.root / "tuning"

    @property
    def downloads(self) -> Path:
        """Archives fetched from their published address, named by checksum."""
        return self.root / "downloads"

    @property
    def spotify(self) -> Path:
        """What the Spotify Web API gave: log-ins, kept answers, the time before which it must not be asked."""
        return self.root / "spotify"

    @property
    def prefect(self) -> Path:
        """Prefect's home: its database and stored results."""
        return self.root / "prefect"

    @property
    def mlflow_db(self) -> Path:
        """MLflow's SQLite file."""
        return self.root / "mlflow.db"

    @property
    def mlflow_artifacts(self) -> Path:
        """MLflow's artifact store."""
        return self.root / "mlartifacts"

    @property
    def bentos(self) -> Path:
        """BentoML's home: built Bentos."""
        return self.root / "bentoml"
