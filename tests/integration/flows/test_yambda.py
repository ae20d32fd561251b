"""Yambda through the real flows: read, judged, and trained on under the protocol of its own benchmark."""

from __future__ import annotations

import pytest

from flows.ingestion import ingest
from flows.training import train
from pipelines.evaluation.report import load_reports
from pipelines.testing.yambda import write_yambda

pytestmark = pytest.mark.integration

TRAINING = """
[preferences]
min_play_ms = 0
[matrix]
core = 1
[evaluation]
protocols = ["global-time"]
primary = "global-time"
folds = 2
bootstrap = 100
[[candidates]]
name = "popularity"
[[candidates]]
name = "slim"
params = { neighbours = 20 }
"""


def test_the_files_are_read_judged_and_trained_on_under_their_own_protocol(new_home, tmp_path):
    folder = write_yambda(tmp_path / "yambda", listeners=60, tracks=150, listens=30_000)
    ingested = ingest("yambda", {"archive": str(folder)})
    account = ingested.tables["interactions"]
    assert account.left_out["unlikes: they take back and are no rows"] > 0
    assert ingested.quarantined == 0
    assert ingested.rows["tracks"] > 100

    config = tmp_path / "yambda.toml"
    config.write_text(TRAINING, encoding="utf-8")
    trained = train(config=config)
    reports = load_reports(trained.record.folder(new_home))
    assert {(report.candidate, report.protocol) for report in reports} == {
        ("popularity", "global-time"),
        ("slim", "global-time"),
    }
    for report in reports:
        assert 0 < report.metrics["ndcg@10"].mean < 1
        assert report.metrics["ndcg@10"].n == len(report.users)
        assert report.summary["coverage@100"] >= report.summary["coverage@10"] > 0
