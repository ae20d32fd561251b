"""A Spotify export through the documented command: sums that add up, and nothing personal anywhere in the home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli.main import main
from pipelines.home import Home
from pipelines.testing.spotify_exports import COUNTED, REFUSED, SECRETS, Fault, Plan, write_export

pytestmark = pytest.mark.integration

#: Enough other plays that a few odd rows are no reason to refuse everything.
SMALL = Plan(plays=2_000, basic=400, basic_only=50)


@pytest.fixture
def ingest(new_home, capsys):
    """Ingest an export as a person without a terminal does; return the exit status and what was printed."""

    def run(path: Path) -> tuple[int, str, str]:
        status = main(["ingest", "spotify-export", str(path), "--listener", "Ann", "--accept-consent", "--json"])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def files_with_secrets(home: Home) -> list[str]:
    """Return the files below the home folder in which a personal text stands."""
    secrets = [secret.encode() for secret in SECRETS]

    def found() -> Iterator[str]:
        for path in home.root.rglob("*"):
            if path.is_file() and any(secret in path.read_bytes() for secret in secrets):
                yield path.name

    return sorted(found())


def test_every_entry_is_accounted_for_and_a_second_time_adds_nothing(ingest, new_home, tmp_path):
    written = write_export(tmp_path / "my_spotify_data.zip", SMALL)
    status, out, _ = ingest(written.path)
    first = json.loads(out)
    account = first["tables"]["interactions"]
    assert status == 0
    assert account["read"] == written.history + written.library_entries + written.playlist_entries
    assert account["read"] == sum(
        (account["new"], *(sum(account[part].values()) for part in ("left_out", "rejected", "merged", "quarantined")))
    )
    assert account["left_out"]["a play the extended history has"] > 0
    assert files_with_secrets(new_home) == []

    again = json.loads(ingest(written.path)[1])
    assert (again["changed"], again["snapshot_id"]) == (False, first["snapshot_id"])
    assert again["tables"]["interactions"]["new"] == 0


def test_a_newer_export_adds_only_what_is_new(ingest, tmp_path):
    older = write_export(tmp_path / "older.zip", Plan(plays=1_000, basic=0, basic_only=0))
    newer = write_export(tmp_path / "newer.zip", Plan(plays=1_000, basic=300, basic_only=300))
    assert ingest(older.path)[0] == 0
    account = json.loads(ingest(newer.path)[1])["tables"]["interactions"]
    assert account["known"] > 0
    assert account["new"] <= newer.history - older.history + 300


@pytest.mark.parametrize("fault", [Fault.WRONG_TYPES, Fault.ABSURD_DATES, Fault.NEGATIVE_LENGTHS, Fault.NO_RECORDS])
def test_odd_rows_are_counted_and_the_others_stay(fault, ingest, new_home, tmp_path):
    written = write_export(tmp_path / "my_spotify_data.zip", Plan(**{**vars(SMALL), "fault": fault}))
    status, out, _ = ingest(written.path)
    account = json.loads(out)["tables"]["interactions"]
    assert status == 0
    entries = written.history + written.library_entries + written.playlist_entries
    assert account["read"] == entries + len(COUNTED[fault])
    assert files_with_secrets(new_home) == []


@pytest.mark.parametrize("fault", [Fault.BOMB, Fault.LEADS_OUT, Fault.JSON_CUT_SHORT, Fault.UTF_16, Fault.NO_JSON])
def test_a_broken_export_is_refused_in_one_line_and_leaves_nothing(fault, ingest, new_home, tmp_path):
    folder = tmp_path / "downloads"
    folder.mkdir()
    path = write_export(folder / "my_spotify_data.zip", Plan(fault=fault)).path
    status, out, err = ingest(path)
    assert (status, out) == (1, "")
    assert REFUSED[fault] in " ".join(err.split())
    assert "Traceback" not in err
    assert not list(new_home.snapshots.glob("*"))
    assert [each.name for each in folder.iterdir()] == [path.name]
    assert files_with_secrets(new_home) == []
