"""The Bento: built from the champion, complete, and served from its own folder."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.confined import confined, why_not
from tests.support.served import ROOT, serve
from tests.support.visitors import visiting

pytestmark = [pytest.mark.integration, pytest.mark.slow]

BUILD = ROOT / "infra" / "scripts" / "build_bento.py"


def build(home):
    command = [sys.executable, str(BUILD), "--home", str(home)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def bento(champion):
    home, _ = champion
    done = build(home.root)
    assert done.returncode == 0, done.stderr
    (folder,) = [line.split()[1] for line in done.stdout.splitlines() if line.strip().startswith("folder:")]
    return Path(folder)


def test_it_holds_the_service_the_core_and_the_champion_and_nothing_else(bento, champion):
    _, bundle = champion
    assert {path.name for path in (bento / "src").iterdir()} == {"bentofile.yaml", "bundle", "pipelines", "serving"}
    assert {path.name for path in (bento / "src" / "bundle").iterdir()} == {path.name for path in bundle.path.iterdir()}
    assert (bento / "src" / "serving" / "web" / "index.html").is_file()
    assert not list(bento.rglob("__pycache__"))


def test_its_requirements_are_the_locked_ones(bento):
    locked = (ROOT / "infra" / "locks" / "service.txt").read_text(encoding="utf-8")
    assert (bento / "env" / "python" / "requirements.txt").read_text(encoding="utf-8") == locked


def test_its_image_is_ours(bento):
    # BentoML's own installs a compiler and git, takes whatever uv is newest, and leaves the code writable.
    ours = (ROOT / "infra" / "docker" / "service.Dockerfile").read_text(encoding="utf-8")
    assert (bento / "env" / "docker" / "Dockerfile").read_text(encoding="utf-8") == ours


def test_it_serves_its_own_model_from_its_own_folder(bento, champion, tmp_path):
    # The service finds the packed bundle beside its own code only if it was started from the Bento's code.
    _, bundle = champion
    store = tmp_path / "events.sqlite3"
    told = {"CROSSFADE_STORE_URL": f"sqlite:///{store}", "CROSSFADE_SECRET_KEY": "k" * 32}
    with serve(tmp_path, told, what=str(bento), cwd=tmp_path) as service:
        answer = httpx.post(f"{service.url}/v1/recommendations", json={"history": {"t1": 1.0}, "k": 3})
        expected = bundle.recommend([{"t1": 1.0}], 3)[0]
        assert answer.json()["model_version"] == bundle.bundle_id
        assert [entry["track"]["track_id"] for entry in answer.json()["recommendations"]] == [
            entry.track_id for entry in expected
        ]
        assert "<title>Crossfade</title>" in httpx.get(service.url).text
        # Beside the model: the store with its migrations, sessions, feedback and the figures.
        with visiting(service.url) as visitor:
            visitor.tell("like", "t1")
            assert "t1" not in visitor.tracks()
            assert visitor.post("forget", {"confirm": True}).json()["removed"]["events"] == 1
        assert httpx.post(f"{service.url}/v1/health").json()["store"] == "up"
        assert "crossfade_feedback_total" in httpx.get(f"{service.url}/metrics").text
    assert store.is_file()


@pytest.fixture
def locked_bentoml(bento, tmp_path):
    """BentoML in an environment that holds the Bento's locked requirements and nothing else, as its image does."""
    environment = tmp_path / "environment"
    requirements = bento / "env" / "python" / "requirements.txt"
    script = """. infra/scripts/common.sh; find_python; get_uv
        "$UV" venv --quiet --no-project --python "$1" "$2"
        "$UV" pip install --quiet --python "$2/bin/python" --require-hashes --only-binary :all: -r "$3" """
    command = ["sh", "-ec", script, "sh", sys.executable, str(environment), str(requirements)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return environment / "bin" / "bentoml"


def test_it_runs_as_in_its_image_from_its_requirements_alone_on_files_it_cannot_write(
    bento, champion, locked_bentoml, tmp_path
):
    if reason := why_not():
        assert os.environ.get("CI") != "true" or os.geteuid() != 0, reason
        pytest.skip(reason)
    _, bundle = champion
    home, scratch = tmp_path / "state", tmp_path / "tmp"
    home.mkdir()
    scratch.mkdir()
    told = {
        "CROSSFADE_HOME": str(home),
        "CROSSFADE_BUNDLE": str(bento / "src" / "bundle"),
        "TMPDIR": str(scratch),
        "BENTOML_HOME": str(scratch / "bentoml"),
        "PYTHONPATH": "",
    }
    program = [*confined([home, scratch]), str(locked_bentoml)]
    with serve(tmp_path, told, what=str(bento), cwd=home, program=program) as service:
        assert httpx.get(f"{service.url}/readyz").status_code == httpx.codes.OK
        with visiting(service.url) as visitor:
            assert visitor.tracks(history={"t1": 1.0}) == [
                entry.track_id for entry in bundle.recommend([{"t1": 1.0}], 6)[0]
            ]
            visitor.tell("like", "t1")
        assert "crossfade_feedback_total" in httpx.get(f"{service.url}/metrics").text
    assert (home / "events.sqlite3").is_file()


def test_without_a_champion_there_is_nothing_to_build(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 1
    assert "there is no champion yet" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
