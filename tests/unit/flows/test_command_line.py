"""The command line without a home: help, usage errors, settings. What needs data stands in tests/integration."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import typer

from flows.cli.main import app, main

COMMANDS: list[str] = sorted(getattr(typer.main.get_command(app), "commands", {}))

#: Libraries that take long to import; asking for help needs none of them.
HEAVY = (
    "prefect",
    "pyspark",
    "mlflow",
    "great_expectations",
    "bentoml",
    "pandas",
    "numpy",
    "pyarrow",
    "pydantic",
    "sklearn",
)


@pytest.fixture(autouse=True)
def _new_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    for name in ("CROSSFADE_DEBUG", "CROSSFADE_SETTINGS", "CROSSFADE_PORT", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)


def test_every_command_of_the_loop_is_there():
    loop = "demo ingest validate train leaderboard promote rollback champion recommend similar explain serve build"
    assert set(loop.split()) | {"deploy", "config", "doctor", "consent", "spotify-fake"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_a_command_does_and_gives_an_example(command, capsys):
    assert main([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Usage: crossfade" in said
    assert "Example:" in said


def test_a_recommender_nobody_brings_is_refused_before_anything_starts(capsys):
    assert main(["train", "--with", "zither"]) == 2
    assert "there is no recommender 'zither'" in capsys.readouterr().err


def test_help_imports_nothing_heavy():
    code = "import sys; from flows.cli.main import main; main(['--help']); "
    code += f"print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["demmo"], "crossfade: No such command 'demmo'. Did you mean 'demo'? See 'crossfade --help'."),
        (["train", "--turbo"], "crossfade: No such option: --turbo. See 'crossfade train --help'."),
        (["serve", "--port", "many"], "crossfade: Invalid value for '--port': Input should be a valid integer"),
        (["recommend", "-k", "0"], "crossfade: Invalid value for '-k'"),
        (["similar"], "crossfade: Missing argument 'track'."),
        (
            ["recommend", "--user", "u", "--histories", "f"],
            "crossfade: Invalid value: give either --histories or --user",
        ),
        (["ingest", "-o", "size"], "crossfade: --option: 'size' has no '='. Write it as NAME=VALUE, say size=tiny."),
        (
            ["ingest", "-o", "downloads=/x"],
            "crossfade: source 'synthetic': 'downloads' is taken from the settings and is no option. Its options are: ",
        ),
        (["canary", "--share", "3"], "crossfade: Invalid value for --share: 3 is not above 0 and below 1."),
        (["deploy"], "crossfade: PREFECT_API_URL: no Prefect server is named. Start one with 'prefect server start'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_and_exits_with_two(arguments, complaint, capsys):
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.err.startswith(complaint)
    assert said.err.count("\n") == 1
    assert said.out == ""


@pytest.mark.parametrize("command", ["leaderboard", "champion", "recommend", "validate"])
def test_on_a_new_home_a_command_says_what_to_do_first(command, capsys):
    assert main([command]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Run 'crossfade " in said


def test_a_failing_command_leaves_no_home_behind(tmp_path):
    assert main(["champion"]) == 1
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest", "files", "--interactions", "nowhere.csv"],
        ["ingest", "hetrec-lastfm", "--archive", "nowhere.zip"],
        ["demo", "--data", "files", "--interactions", "nowhere.csv"],
    ],
)
def test_a_path_that_leads_nowhere_is_refused_before_prefect_starts(arguments, tmp_path):
    called = "import sys; from flows.cli.main import main; code = main(sys.argv[1:])"
    code = f"{called}; sys.exit(code if 'prefect' not in sys.modules else 99)"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"crossfade: \S*nowhere\.(csv|zip): there is no such file\. Check the path\.\n", done.stderr)


def test_config_shows_where_each_value_comes_from(capsys, monkeypatch, tmp_path):
    (tmp_path / "crossfade.toml").write_text("mlflow_port = 5001\n", encoding="utf-8")
    monkeypatch.setenv("CROSSFADE_PORT", "3005")
    assert main(["--home", "here", "config", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["home"] == {"value": "here", "from": "command line"}
    assert shown["port"] == {"value": 3005, "from": "environment"}
    assert shown["mlflow_port"] == {"value": 5001, "from": "file"}
    assert shown["prefect_port"] == {"value": 4200, "from": "default"}


def test_config_is_a_table_for_people(capsys):
    assert main(["config"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    # The meaning may go on in the next line: how wide the values are depends on where this runs.
    assert ["port", "3000", "default", "the", "port", "of"] in [line[:6] for line in lines]


def test_doctor_on_a_new_home_finds_nothing_bad(capsys):
    assert main(["doctor", "--json"]) == 0
    found = {finding["what"]: finding["state"] for finding in json.loads(capsys.readouterr().out)}
    assert found["sqlalchemy"] == found["fastapi"] == found["marshmallow"] == "good"
    assert found["data"] == found["champion"] == "note"
    assert "bad" not in found.values()


def test_doctor_exits_with_one_where_the_home_is_a_file(capsys, tmp_path):
    (tmp_path / "home").write_text("", encoding="utf-8")
    assert main(["doctor"]) == 1
    assert "is not a folder" in capsys.readouterr().out


def test_doctor_names_a_release_that_breaks_another_package(capsys, monkeypatch):
    odd = {"sqlalchemy": "2.1.3", "marshmallow": "4.0rc1"}
    monkeypatch.setattr("flows.health.version", lambda name: odd.get(name, "0.9"))
    assert main(["doctor"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "2.1.3, and from 2.1 on Prefect's schedules never run" in said
    assert "4.0rc1, and from 4.0 on Great Expectations cannot write its suites" in said


def test_a_prefect_server_that_is_away_is_said(capsys, monkeypatch):
    # Nobody listens on port 1 of this machine.
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    assert main(["monitor"]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("crossfade: http://127.0.0.1:1/api: the Prefect server does not answer (")
    assert said.endswith(
        "). Start it with 'prefect server start', or unset PREFECT_API_URL: then one runs inside the process."
    )


def test_a_port_in_use_is_said_before_anything_starts(capsys, tmp_path):
    import socket
    from contextlib import closing

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    remedy = "Stop the program that listens there, or choose another port with --port."
    assert capsys.readouterr().err == f"crossfade: 127.0.0.1: port {port} is in use. {remedy}\n"
    assert not (tmp_path / "home").exists()


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"'{sys.executable}' -m flows.cli.main config --json | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_debugging_shows_where_an_error_comes_from(capsys, monkeypatch):
    monkeypatch.setenv("CROSSFADE_DEBUG", "1")
    assert main(["champion"]) == 1
    assert "Traceback" in capsys.readouterr().err
