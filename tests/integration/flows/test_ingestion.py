"""The ingest flow on good and bad input: what is kept, what is refused, and that nothing is left half-written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest
from prefect import flow

from flows.ingestion import ingest, read_and_clean
from flows.latest import latest_snapshot
from pipelines.data.provenance import Provenance
from pipelines.errors import ConfigError, GateRefusedError, NotEnoughDataError, SourceError, TableError
from pipelines.sources.base import Source
from validation.quarantine import list_quarantine

pytestmark = pytest.mark.integration

LISTENERS, TRACKS = 12, 12


@pytest.fixture
def files(tmp_path):
    """Write tables and return the options of the source 'files'."""

    def write(interactions, tracks=None):
        options = {}
        for name, text in {"interactions": interactions, "tracks": tracks}.items():
            if text is not None:
                path = tmp_path / f"{name}.csv"
                path.write_text(text, encoding="utf-8")
                options[name] = str(path)
        return options

    return write


def good_interactions():
    return "user_id,track_id,plays\n" + "".join(
        f"u{user},t{track},{1 + (user + track) % 5}\n" for user in range(LISTENERS) for track in range(TRACKS)
    )


def good_tracks():
    return "track_id,title,artists\n" + "".join(f"t{track},Song {track},Band {track % 3}\n" for track in range(TRACKS))


FEW_MORE_LISTENERS = "".join(f"v{user},t{track},1\n" for user in range(5) for track in range(10))


def everything_below(home):
    return sorted(str(path.relative_to(home.root)) for path in home.root.rglob("*") if path.is_file())


def test_good_tables_become_the_snapshot_to_train_on(new_home, files):
    summary = ingest("files", files(good_interactions(), good_tracks()))
    assert summary.rows == {"interactions": LISTENERS * TRACKS, "tracks": TRACKS, "playlists": 0}
    assert latest_snapshot(new_home).snapshot_id == summary.snapshot_id
    assert summary.quarantined == 0


def test_the_same_tables_again_are_the_same_snapshot_with_nothing_new(new_home, files):
    first = ingest("files", files(good_interactions(), good_tracks()))
    again = ingest("files", files(good_interactions(), good_tracks()))
    assert again.snapshot_id == first.snapshot_id
    assert first.changed
    assert not again.changed
    assert {table: (each.new, each.updated, each.dropped) for table, each in again.tables.items()} == dict.fromkeys(
        again.tables, (0, 0, 0)
    )
    assert again.tables["interactions"].known == LISTENERS * TRACKS
    assert len([path for path in new_home.snapshots.iterdir() if path.is_dir()]) == 1


def test_an_overlapping_table_adds_what_is_new_and_corrects_what_was_known(new_home, files):
    ingest("files", files(good_interactions(), good_tracks()))
    later = ingest("files", files("user_id,track_id,plays\nu0,t0,1\nu0,t1,50\nu99,t0,7\n" + FEW_MORE_LISTENERS))
    account = later.tables["interactions"]
    assert (account.known, account.updated, account.new) == (1, 1, 1 + FEW_MORE_LISTENERS.count("\n"))
    tables = latest_snapshot(new_home).tables()
    plays = {(row["user_id"], row["track_id"]): row["value"] for row in tables.interactions.data.to_pylist()}
    assert plays["u0", "t1"] == 50
    assert tables.tracks.data["title"].to_pylist()[0] == "Song 0", "a table without titles takes none away"


def test_a_bad_row_goes_to_quarantine_with_its_reason_and_the_rest_goes_on(new_home, files):
    summary = ingest("files", files(good_interactions() + "u99,t1,-4\n", good_tracks()))
    assert summary.rows["interactions"] == LISTENERS * TRACKS
    (entry,) = list_quarantine(new_home.quarantine)
    assert entry.rows().num_rows == summary.quarantined == 1


def test_tables_that_do_not_fit_together_are_refused_and_the_latest_snapshot_stays(new_home, files):
    kept = ingest("files", files(good_interactions(), good_tracks())).snapshot_id
    strangers = good_tracks().replace("\nt", "\nanother-")
    with pytest.raises(GateRefusedError, match="the data did not pass: interactions: expected the number of rows"):
        ingest(
            "files", files(good_interactions().replace(",t", ",new-t").replace("new-track_id", "track_id"), strangers)
        )
    assert latest_snapshot(new_home).snapshot_id == kept
    assert [path.name for path in new_home.snapshots.iterdir() if path.is_dir()] == [kept]
    assert list_quarantine(new_home.quarantine), "the rows that were refused can be looked at"


@pytest.mark.parametrize(
    ("interactions", "kind", "complaint"),
    [
        ("", SourceError, "interactions.csv: "),
        ("user_id,track_id,plays\n", SourceError, "not one row"),
        ("user,track\nu,t\n", SourceError, "'user_id'"),
        ("user_id,track_id,plays\nu,t,many\n", NotEnoughDataError, "not one of 1 interactions can be used"),
        ('user_id,track_id,plays\n"u,t,1\n', SourceError, "interactions.csv: "),
    ],
    ids=["empty file", "no rows", "no column", "no number", "open quote"],
)
def test_unusable_input_is_one_clear_error_and_leaves_nothing(new_home, files, interactions, kind, complaint):
    with pytest.raises(kind, match=complaint):
        ingest("files", files(interactions))
    assert everything_below(new_home) == []


def test_a_wrongly_encoded_file_is_named(new_home, tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("user_id,track_id\nBjörk,t1\n".encode("latin-1"))
    with pytest.raises(SourceError, match=r"latin\.csv"):
        ingest("files", {"interactions": str(path)})
    assert everything_below(new_home) == []


def test_an_unknown_source_and_an_unknown_option_are_usage_errors(new_home):
    with pytest.raises(ConfigError, match="there is no source 'tape'"):
        ingest("tape")
    with pytest.raises(ConfigError, match=r"source 'synthetic': 'colour': .*Its options are: archive, size, seed"):
        ingest("synthetic", {"colour": "red"})
    with pytest.raises(ConfigError, match=r"source 'synthetic': 'size': Input should be 'tiny'"):
        ingest("synthetic", {"size": "huge"})
    assert everything_below(new_home) == []


class Flaky(Source):
    """A source whose disk answers only the third time."""

    name: ClassVar[str] = "flaky"
    title: ClassVar[str] = "Flaky"
    failures: ClassVar[list[Exception]] = []

    def provenance(self) -> Provenance:
        return Provenance(self.name, "a test", "none")

    def interactions(self) -> Iterator[pa.Table]:
        if self.failures:
            raise self.failures.pop()
        yield pa.table({"user_id": ["u"], "track_id": ["t"], "kind": ["play_count"], "value": [1.0]})

    def tracks(self) -> Iterator[pa.Table]:
        return iter(())


@flow
def reading(folder: Path) -> int:
    """Read the flaky source, without pauses between the attempts."""
    return read_and_clean.with_options(retry_delay_seconds=0)(Flaky(), folder).interactions.rows


def test_a_failing_disk_is_tried_again(new_home, tmp_path, monkeypatch):
    monkeypatch.setattr(Flaky, "failures", [OSError("Input/output error"), OSError("Input/output error")])
    assert reading(tmp_path) == 1


@pytest.mark.parametrize("error", [TableError("the column is missing"), SourceError("it is truncated")])
def test_bad_input_is_not_tried_again(new_home, tmp_path, monkeypatch, error):
    monkeypatch.setattr(Flaky, "failures", [RuntimeError("a second attempt"), error])
    with pytest.raises(type(error)):
        reading(tmp_path)
    assert len(Flaky.failures) == 1
