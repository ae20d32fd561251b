"""The images: what they start from, who runs in them, and that what they name exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[3]
DOCKER = ROOT / "infra" / "docker"
DOCKERFILES = sorted(DOCKER.glob("*.Dockerfile"))
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")
ROLES = {
    "prefect-server": "prefect server start --host 0.0.0.0 --port 4200",
    "mlflow-server": "mlflow server --host 0.0.0.0 --port 5000 --workers 1",
    "worker": "prefect worker start --pool crossfade --with-healthcheck --no-create-pool-if-not-found",
    "deploy": "crossfade deploy --all",
}


def instructions(dockerfile: Path, name: str) -> list[str]:
    """Return the arguments of an instruction, each on one line."""
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.removeprefix(f"{name} ") for line in text.splitlines() if line.startswith(f"{name} ")]


def bases(dockerfile: Path) -> set[str]:
    return {line.partition(" ")[0] for line in instructions(dockerfile, "FROM")}


def test_all_images_start_from_one_pinned_base():
    bento = yaml.safe_load((ROOT / "infra" / "bentofile.yaml").read_text(encoding="utf-8"))
    found = {bento["docker"]["base_image"]}.union(*map(bases, DOCKERFILES))
    assert len(found) == 1
    assert all(PINNED.fullmatch(base) for base in found)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_nobody_in_an_image_is_root_or_can_change_the_code(dockerfile):
    assert instructions(dockerfile, "USER") == ["10001:10001"]
    assert "--chown" not in " ".join(instructions(dockerfile, "COPY"))


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.stem)
def test_packages_are_locked_wheels(dockerfile):
    installs = [part for line in instructions(dockerfile, "RUN") for part in line.split("&&") if "pip install" in part]
    fetched = [install for install in installs if "--no-index" not in install]
    assert fetched
    assert all({"--require-hashes", "--only-binary", "--no-deps"} <= set(install.split()) for install in fetched)


def test_what_the_worker_image_copies_is_there_and_let_in():
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").split() if line[0] == "!"}
    for line in instructions(DOCKER / "worker.Dockerfile", "COPY"):
        for source in line.split()[:-1]:
            if line.startswith("--from"):
                continue
            assert (ROOT / source).exists()
            assert any(source.startswith(name) or name.startswith(source) for name in let_in), source
    assert all((ROOT / name).exists() for name in let_in)


def test_the_health_check_asks_what_the_service_answers():
    # BentoML answers /readyz: 200 once there is a model, 503 before. test_bento.py asks the running one.
    (check,) = instructions(DOCKER / "service.Dockerfile", "HEALTHCHECK")
    (port,) = instructions(DOCKER / "service.Dockerfile", "EXPOSE")
    assert f"http://127.0.0.1:{port}/readyz" in check


@pytest.fixture
def entrypoint(tmp_path):
    """Run the entry point with programs that say how they were called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("crossfade", "prefect", "mlflow", "python"):
        program = programs / name
        program.write_text('#!/bin/sh\necho "${0##*/} $*" | tee -a "$CALLS"\nenv >"$CALLS.env"\n', encoding="utf-8")
        program.chmod(0o755)

    def run(*arguments, **environment):
        calls = tmp_path / "calls"
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [DOCKER / "entrypoint.sh", *arguments],
            env={"PATH": path, "CALLS": str(calls), **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        said = Path(f"{calls}.env").read_text(encoding="utf-8") if calls.exists() else ""
        return done, dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    return run


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_a_command(entrypoint, role):
    done, _ = entrypoint(role)
    assert done.stdout.splitlines() == [ROLES[role]]


def test_anything_else_is_run_as_it_stands(entrypoint):
    # Above all what Prefect's worker starts on Kubernetes: no role may be called like a program.
    for command in ("crossfade doctor --json", "prefect flow-run execute", "mlflow --version"):
        assert entrypoint(*command.split())[0].stdout == f"{command}\n"


def test_a_kubernetes_pool_is_made_from_its_template(entrypoint, tmp_path):
    template = tmp_path / "given.json"
    template.write_text('{"image": "@image@", "namespace": "@namespace@"}', encoding="utf-8")
    done, _ = entrypoint(
        "deploy",
        TMPDIR=str(tmp_path),
        CROSSFADE_JOB_TEMPLATE=str(template),
        CROSSFADE_FLOW_IMAGE="registry.example/crossfade-worker:1.0",
        CROSSFADE_FLOW_NAMESPACE="music",
        CROSSFADE_WORK_POOL="night",
    )
    made = tmp_path / "job-template.json"
    assert done.stdout.splitlines() == [
        f"prefect work-pool create night --type kubernetes --base-job-template {made} --overwrite",
        "crossfade deploy --all",
    ]
    assert json.loads(made.read_text(encoding="utf-8")) == {
        "image": "registry.example/crossfade-worker:1.0",
        "namespace": "music",
    }


def test_migrations_are_for_the_databases_that_are_named(entrypoint):
    assert entrypoint("migrate")[0].stdout.splitlines() == ["crossfade migrate"]
    done, _ = entrypoint(
        "migrate",
        PREFECT_SERVER_DATABASE_CONNECTION_URL="postgresql+asyncpg://p",
        MLFLOW_BACKEND_STORE_URI="postgresql+psycopg://m",
        MLFLOW_ARTIFACTS_DESTINATION="s3://b/a",
        CROSSFADE_REMOTE="s3://c/models",
    )
    assert done.stdout.splitlines() == [
        "crossfade migrate",
        "prefect server database upgrade --yes",
        "mlflow db upgrade postgresql+psycopg://m",
        f"python {DOCKER}/../scripts/make_bucket.py s3://c/models",
        f"python {DOCKER}/../scripts/make_bucket.py s3://b/a",
    ]


def test_secrets_of_other_products_are_read_from_files(entrypoint, tmp_path):
    secret = tmp_path / "key"
    secret.write_text("s3cret\n", encoding="utf-8")
    _, seen = entrypoint("mlflow-server", MLFLOW_BACKEND_STORE_URI_FILE=str(secret), CROSSFADE_STORE_URL_FILE="/mine")
    assert seen["MLFLOW_BACKEND_STORE_URI"] == "s3cret"
    assert "MLFLOW_BACKEND_STORE_URI_FILE" not in seen
    assert seen["CROSSFADE_STORE_URL_FILE"] == "/mine"  # Crossfade reads its own


def test_a_secret_that_is_not_mounted_stops_the_container(entrypoint, tmp_path):
    done, _ = entrypoint("mlflow-server", MLFLOW_BACKEND_STORE_URI_FILE=str(tmp_path / "none"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "MLFLOW_BACKEND_STORE_URI_FILE" in done.stderr


def test_a_bucket_is_made_once(monkeypatch):
    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        run = [sys.executable, str(ROOT / "infra" / "scripts" / "make_bucket.py"), "s3://shelf/models"]
        said = [subprocess.run(run, capture_output=True, text=True, check=True).stdout for _ in range(2)]
        assert said == ["s3://shelf/models: the bucket is made\n", "s3://shelf/models: nothing to make\n"]
        # Every moto server of a process shows the same buckets: other tests' are there too.
        buckets = boto3.client("s3", endpoint_url=f"http://{host}:{port}").list_buckets()["Buckets"]
        assert [bucket["Name"] for bucket in buckets].count("shelf") == 1
    finally:
        server.stop()
