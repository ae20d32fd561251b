"""The tutorial, word by word: every command of its pages runs, in order, in one folder, and says what the page says.

``make run`` and the worker are servers, which ``test_serve_command`` and ``test_schedule`` start. Here the
loop has gone through the small world of the session, and the tutorial goes on from there.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
from pathlib import Path

import pytest

from flows.cli.main import main
from infra.docs.tutorial import PAGE, ROOT, commands, is_refused
from pipelines.home import Home
from pipelines.release.champion import read_champion

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: What goes on until it is stopped, and what belongs to the shell.
ELSEWHERE = ("make run", "source ", "crossfade deploy", "prefect worker start", "prefect deployment run")
#: The default configuration takes five folds of two protocols, and searches.
TRAINING = """
[evaluation]
protocols = ["unseen-users"]
folds = 3
bootstrap = 200
[[candidates]]
name = "popularity"
[[candidates]]
name = "item-knn"
[[candidates]]
name = "hybrid"
"""


class Reader:
    """Somebody who types what the tutorial says."""

    def __init__(self, folder: Path, monkeypatch, capsys) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.said: dict[str, str] = {}

    def type(self, line: str) -> None:
        """Do one command, and hold it to the exit status that the page gives."""
        command = line.partition("   #")[0]
        if found := re.fullmatch(r"cat > (\S+) <<'END'\n(.*)^END", line, re.DOTALL | re.MULTILINE):
            (self.folder / found[1]).write_text(found[2], encoding="utf-8")
        elif command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            # The server of the tests is another one than that of 'make run'.
            self.monkeypatch.setenv(name, os.environ[name] if name == "PREFECT_API_URL" else value)
        elif command.startswith("python "):
            runpy.run_path(str(ROOT / command.split()[1]))
        elif not command.startswith(ELSEWHERE):
            self.run(command, refused=is_refused(line))

    def run(self, command: str, *, refused: bool) -> None:
        """Run a command of the program, with the variables that stand before it."""
        words = shlex.split(command, comments=True)
        given = dict(word.split("=", 1) for word in words[: words.index("crossfade")])
        with self.monkeypatch.context() as only_here:
            for name, value in given.items():
                only_here.setenv(name, value)
            status = main(words[words.index("crossfade") + 1 :])
        told = self.capsys.readouterr()
        self.said[command.strip()] = told.out + told.err
        assert status == int(refused), f"{command}: {told.err}"


@pytest.fixture
def reader(world, tmp_path, monkeypatch, capsys):
    """A reader in an empty folder, after 'make run'; fewer candidates are measured than by default."""
    (tmp_path / "training.toml").write_text(TRAINING, encoding="utf-8")
    monkeypatch.setenv("CROSSFADE_TRAINING", str(tmp_path / "training.toml"))
    monkeypatch.setenv("CROSSFADE_HOME", str(world.home.root))
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path, monkeypatch, capsys)


def test_every_command_of_the_tutorial_does_what_the_page_says(reader):
    typed = commands(PAGE.read_text(encoding="utf-8"))
    assert typed[0] == "make run"
    for line in typed:
        reader.type(line)
    said = reader.said
    *judged, stopped = re.findall(
        r"^(?:quarantine|The data pass|crossfade: gate: ).*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(judged) == 3
    assert set(judged) <= set(
        said["crossfade validate files --interactions plays.csv --tracks tracks.csv"].splitlines()
    )
    refused = said["crossfade ingest files --interactions broken.csv --tracks tracks.csv"]
    assert stopped in refused
    docs = re.search(r"file://(\S+?\.html)", refused)
    assert docs is not None
    assert "missing track_id" in Path(docs[1]).read_text(encoding="utf-8")
    assert "does not clearly beat popularity" in said["CROSSFADE_POLICY=moon.toml crossfade promote"]
    assert "Promoted" in said["crossfade promote"]
    assert "because of" in said["crossfade recommend --user listener-0 -k 5"]
    assert read_champion(Home(reader.folder / "radio")) is not None
