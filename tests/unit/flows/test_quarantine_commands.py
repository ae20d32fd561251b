"""The commands about quarantine, as far as they only look."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from flows.cli.main import main
from pipelines.home import Home
from validation.quarantine import write_quarantine
from validation.quarantine_lines import QUARANTINE_SCHEMA

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
RULES = ("interactions.play_ms", "interactions.play_ms", None, "tracks.tempo")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def entry(home):
    """Four rows: two too long, one unreadable, one too fast."""
    rows = [
        {
            "table": (rule or "interactions").partition(".")[0],
            "action": "set aside" if rule else "unreadable",
            "rule": rule,
            "reason": f"expected {rule}" if rule else "unreadable value",
            "row": json.dumps({"track_id": f"t{number}", "album": None}),
        }
        for number, rule in enumerate(RULES, start=1)
    ]
    lines = pa.Table.from_pylist(rows, schema=QUARANTINE_SCHEMA)
    return write_quarantine(home.quarantine, [lines], source="diary", subject="s", now=NOW)


def shown(capsys):
    return json.loads(capsys.readouterr().out)


def test_on_a_new_home_nothing_is_in_quarantine(home, capsys):
    assert main(["quarantine", "list"]) == 0
    assert capsys.readouterr().out == "Nothing is in quarantine.\n"
    assert main(["quarantine", "list", "--json"]) == 0
    assert shown(capsys) == []
    assert not home.root.exists()


def test_list_names_every_entry_with_time_source_and_reasons(entry, capsys):
    assert main(["quarantine", "list", "--json"]) == 0
    (found,) = shown(capsys)
    assert (found["id"], found["source"], found["count"], found["gone"]) == (entry.entry_id, "diary", 4, 0)
    assert found["created_at"] == "2026-03-01T12:30:00+00:00"
    assert main(["quarantine", "list"]) == 0
    assert "2026-03-01 12:30   diary" in capsys.readouterr().out


def test_an_entry_whose_rows_have_all_left_is_listed_only_when_asked_for(entry, capsys):
    entry.let_go([1, 2, 3, 4])
    assert main(["quarantine", "list"]) == 0
    assert capsys.readouterr().out == "Nothing is in quarantine.\n"
    assert main(["quarantine", "list", "--all"]) == 0
    assert "all have left" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [1, 2, 3, 4]),
        (["--rows", "2,4-9"], [2, 4]),
        (["--rows", " 1 , 3-3"], [1, 3]),
        (["--reason", "play_ms"], [1, 2]),
        (["--reason", "tracks.tempo"], [4]),
        (["--reason", "Unreadable"], [3]),
        (["--reason", "play_ms", "--rows", "2-4"], [2]),
        (["--limit", "1"], [1]),
    ],
    ids=str,
)
def test_show_gives_the_rows_that_are_meant(entry, options, numbers, capsys):
    assert main(["quarantine", "show", entry.entry_id[:6], "--json", *options]) == 0
    found = shown(capsys)
    assert [row["number"] for row in found["rows"]] == numbers
    assert [row["row"]["track_id"] for row in found["rows"]] == [f"t{number}" for number in numbers]


def test_show_for_people_leaves_out_what_a_row_does_not_say(entry, capsys):
    assert main(["quarantine", "show", entry.entry_id, "--limit", "2"]) == 0
    out = capsys.readouterr().out
    assert f"Entry {entry.entry_id}: 4 rows of diary, set aside 2026-03-01 12:30 UTC." in out
    assert '{"track_id": "t1"}' in out
    assert "... and 2 more; --limit shows more of them." in out


@pytest.mark.parametrize("command", ["show", "readmit"])
@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--rows", "x"], "Invalid value for --rows: 'x' is no number and no range; write them as in 1,4-7."),
        (["--rows", "9"], "is meant by --rows '9'."),
        (["--rows", "4-2"], "is meant by --rows '4-2'."),
        (["--reason", "taste", "--rows", "1"], "is meant by --rows '1' and --reason 'taste'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_means_no_row_is_wrong_usage(entry, command, options, complaint, capsys):
    assert main(["quarantine", command, entry.entry_id, *options]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


def test_an_unknown_entry_is_one_line(home, capsys):
    assert main(["quarantine", "show", "nope"]) == 1
    assert capsys.readouterr().err == (
        "crossfade: quarantine: no entry begins with 'nope'. 'crossfade quarantine list' shows all.\n"
    )
