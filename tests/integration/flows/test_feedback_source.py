"""Feedback reaches the training: what stands in the event store is in the next snapshot and in its matrix."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from flows.consent import permissions_of
from flows.forgetting import forget, requests_of
from flows.ingestion import ingest
from flows.latest import latest_snapshot
from flows.settings import load_settings
from pipelines.config import TrainingConfig
from pipelines.data import columns as c
from pipelines.data.feedback import LIKE, UNDO, Event
from pipelines.data.watermarks import read_until
from pipelines.features.build import build_dataset
from pipelines.release.champion import set_champion
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from tests.support.exports import zip_of
from tests.support.served import serve
from tests.support.tiny_world import TRACKS, write_tiny_bundle
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration

CONFIG = TrainingConfig(matrix={"core": 1})
AT = "2026-01-0{}T12:00:00.000000+00:00"


@pytest.fixture
def log(new_home):
    """The event log of the home folder."""
    database = Database.of(new_home)
    bring_up_to_date(database)
    yield EventLog(database)
    database.close()


def strength(home, user, track):
    """How much a listener likes a track, by the matrix of the latest snapshot; None where they are not in it."""
    dataset = build_dataset(latest_snapshot(home), CONFIG, permissions_of(load_settings().settings))
    row, column = dataset.users.indices([user])[0], dataset.tracks.indices([track])[0]
    return float(dataset.histories[[row]].toarray()[0, column]) if row >= 0 else None


def feedback_rows(home):
    rows = latest_snapshot(home).interactions().data
    return [tuple(row.values()) for row in rows.select([c.USER_ID, c.KIND, c.TRACK_ID, c.SOURCE]).to_pylist()
            if row[c.SOURCE] == "feedback"]  # fmt: skip


def test_when_the_last_listener_is_forgotten_the_next_reading_is_empty_and_takes_their_rows_along(new_home, log):
    ingest("synthetic", {"size": "tiny"})
    synthetic = latest_snapshot(new_home)
    track = synthetic.sourced_tracks().data[c.TRACK_ID][0].as_py()
    log.append([Event("web:1", "e1", LIKE, AT.format(1), track)])
    ingest("feedback")
    assert len(feedback_rows(new_home)) == 1
    log.append([Event("web:1", "e2", UNDO, AT.format(2), undoes="e1")])
    empty = ingest("feedback")
    assert (empty.tables["interactions"].dropped, empty.rows["interactions"]) == (1, synthetic.rows["interactions"])
    assert feedback_rows(new_home) == []
    requests_of(load_settings().settings).add("web:1", now=datetime.now(UTC))
    forget()
    assert not ingest("feedback").changed


def test_a_delivery_of_nobody_but_the_forgotten_changes_nothing(new_home, tmp_path):
    ingest("synthetic", {"size": "tiny"})
    rows = latest_snapshot(new_home).interactions().data
    listener = rows[c.USER_ID][0].as_py()
    theirs = tmp_path / "theirs.parquet"
    pq.write_table(
        rows.filter(pc.equal(rows[c.USER_ID], listener)).select([c.USER_ID, c.TRACK_ID, c.AT, c.KIND]), theirs
    )
    requests_of(load_settings().settings).add(listener, now=datetime.now(UTC))
    forget()
    with_nobody = latest_snapshot(new_home).rows["interactions"]
    again = ingest("files", {"interactions": str(theirs)})
    assert again.tables["interactions"].left_out["of people who asked to be forgotten"] > 0
    assert again.rows["interactions"] == with_nobody


def test_a_like_is_in_the_next_snapshot_and_its_matrix_and_an_undone_one_leaves_them(new_home, log):
    ingest("synthetic", {"size": "tiny"})
    synthetic = latest_snapshot(new_home)
    track = synthetic.sourced_tracks().data[c.TRACK_ID][0].as_py()
    log.append(
        [
            Event("web:1", "e1", LIKE, AT.format(1), track),
            Event("web:2", "e1", LIKE, AT.format(2), track),
            Event("web:2", "e2", LIKE, AT.format(2), "nobody-has-it"),
        ]
    )
    summary = ingest("feedback")
    assert sorted(feedback_rows(new_home)) == [(user, "like", track, "feedback") for user in ("web:1", "web:2")]
    assert summary.quarantined == 1, "an id that somebody sent is no track"
    assert strength(new_home, "web:1", track) == CONFIG.preferences.like
    assert summary.rows["interactions"] == synthetic.rows["interactions"] + 2, "the invented world stays"
    assert read_until(latest_snapshot(new_home).watermarks, "feedback") == AT.format(2)

    log.append([Event("web:1", "e2", UNDO, AT.format(3), undoes="e1")])
    again = ingest("feedback")
    assert again.tables["interactions"].dropped == 1
    assert feedback_rows(new_home) == [("web:2", "like", track, "feedback")]
    assert strength(new_home, "web:1", track) is None


def write_files(folder):
    """Write twelve listeners of twelve tracks, some of them those of the tiny world, and return their paths."""
    named = {track: (title, (artists or [""])[0]) for track, title, artists, *_ in TRACKS if title}
    tracks = [(f"t{number}", *named.get(f"t{number}", (f"Song {number}", "Band"))) for number in range(1, 13)]
    texts = {
        "interactions": "user_id,track_id,plays\n"
        + "".join(f"u{user},{track},{1 + user % 3}\n" for user in range(12) for track, *_ in tracks),
        "tracks": "track_id,title,artists\n" + "".join(f"{','.join(track)}\n" for track in tracks),
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: str(folder / f"{name}.csv") for name in texts}


def test_what_is_told_and_brought_along_over_http_trains_until_it_is_forgotten(new_home, tmp_path):
    ingest("files", write_files(tmp_path))
    bundle = write_tiny_bundle(new_home.bundles)
    set_champion(new_home, bundle.bundle_id, "it serves")
    killed = new_home.work / "imports" / "killed"
    killed.mkdir(parents=True)
    (killed / "file").write_bytes(b"of somebody")
    with serve(tmp_path, {"CROSSFADE_HOME": str(new_home.root)}) as service, visiting(service.url) as visitor:
        assert not killed.exists(), "what a kill left behind goes with the next start"
        visitor.tell("like", "t2")
        content = zip_of(tmp_path / "export.zip").read_bytes()
        sent = {"params": {"consent": "1"}, "headers": {"Content-Type": "application/zip"}}
        started = visitor.http.post("/v1/import", content=content, **sent).json()
        while visitor.post("import/status", {"import_id": started["import_id"]}).json()["state"] == "reading":
            time.sleep(0.1)
        ingest("feedback")
        listener = visitor.listener_id
        assert strength(new_home, listener, "t2") == CONFIG.preferences.like
        assert strength(new_home, listener, "t1") == 2.0, "two plays of the file, joined by name"
        assert visitor.post("forget", {"confirm": True}).status_code == 200
        assert strength(new_home, listener, "t2") is None, "the consent is withdrawn, so the same snapshot withholds it"


def test_where_nobody_has_used_the_service_the_remedy_is_named(new_home):
    from flows.sources import build_source
    from pipelines.errors import SourceError

    with pytest.raises(SourceError, match="there is no event store yet"):
        build_source("feedback", {}, load_settings().settings.layout)
