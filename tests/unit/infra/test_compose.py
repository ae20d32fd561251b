"""The compose file: what it starts is held in, waits for what it needs, and names only what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deployed import INFRA, is_read

COMPOSE = INFRA / "compose" / "compose.yaml"
FILE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("${CROSSFADE_")}
ONCE = {"migrate", "deploy"}
PINNED = re.compile(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}")

each_service = pytest.mark.parametrize("name", SERVICES)


def test_it_keeps_to_the_specification():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@each_service
def test_every_container_is_held_in(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert not service.get("privileged")


@each_service
def test_every_variable_is_read_by_somebody(name):
    unread = {variable for variable in SERVICES[name].get("environment", {}) if not is_read(variable)}
    assert unread == set()


@pytest.mark.parametrize("variable", ["CROSSFADE_STORE_URI", "PREFECT_API_URI", "GF_ANALYTICS_FILE", "MLFLOW_HOSTS"])
def test_a_variable_nobody_reads_is_noticed(variable):
    assert not is_read(variable)


@each_service
def test_images_of_others_are_pinned(name):
    image = SERVICES[name]["image"]
    assert name in OURS or PINNED.fullmatch(image)


@each_service
def test_secrets_come_from_files_and_only_to_those_who_read_them(name):
    service = SERVICES[name]
    used = set(re.findall(r"/run/secrets/(\w+)", yaml.safe_dump(service)))
    given = set(service.get("secrets", []))
    # databases.sh reads those of the databases.
    databases = {"events_password", "prefect_password", "mlflow_password"} if name == "postgres" else set()
    assert used | databases == given
    assert given <= set(FILE["secrets"])
    assert not [
        value for value in service.get("environment", {}).values() if "password" in value.lower() and "/" not in value
    ]


@each_service
def test_whoever_needs_another_waits_until_that_one_works(name):
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        condition = how["condition"]
        if needed in ONCE:
            assert condition == "service_completed_successfully"
        elif name == "proxy":  # it shows that the service has no model yet
            assert condition == "service_started"
        else:
            assert condition == "service_healthy"
            assert "healthcheck" in SERVICES[needed]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONCE - {"service"}))
def test_every_server_says_whether_it_works(name):
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_ports_are_opened_on_this_machine_only_and_are_those_the_programs_listen_on():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert {port.split(":")[0] for opened in ports.values() for port in opened} == {"127.0.0.1"}
    inside = {name: int(opened[0].split(":")[-1]) for name, opened in ports.items()}
    entrypoint = (INFRA / "docker" / "entrypoint.sh").read_text(encoding="utf-8")
    assert f"prefect server start --host 0.0.0.0 --port {inside['prefect']}" in entrypoint
    assert f"mlflow server --host 0.0.0.0 --port {inside['mlflow']}" in entrypoint
    assert f"listen {inside['proxy']};" in (INFRA / "compose" / "nginx.conf").read_text(encoding="utf-8")


def test_names_of_other_services_are_names_of_this_file():
    texts = [COMPOSE.read_text(encoding="utf-8"), (INFRA / "compose" / "nginx.conf").read_text(encoding="utf-8")]
    texts += [path.read_text(encoding="utf-8") for path in (INFRA / "prometheus").glob("*.yml")]
    hosts = {host for text in texts for host in re.findall(r"https?://([a-z]+):\d+", text)}
    assert hosts - {"localhost"} <= set(SERVICES)
    assert "service" in SERVICES  # nginx and Prometheus ask for its replicas by this name


def test_what_is_mounted_is_there():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source, _, target = volume.partition(":")
            if not target:  # a volume without a name, for each replica its own
                continue
            assert (COMPOSE.parent / source).exists() if source.startswith(".") else source in FILE["volumes"]


@pytest.fixture
def secrets(tmp_path):
    """The secrets of a new installation."""

    def make(host):
        script = INFRA / "scripts" / "secrets.sh"
        subprocess.run([script, str(tmp_path / "secrets"), host], capture_output=True, text=True, check=True)
        return tmp_path / "secrets"

    return make


def test_all_secrets_are_made_once(secrets):
    folder = secrets("postgres")
    # The two keys are what the store and its clients are told, each in the form they read.
    assert {path.name for path in folder.iterdir()} == {*FILE["secrets"], "s3_key_id", "s3_key"}
    assert folder.stat().st_mode & 0o777 == 0o700
    before = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert len(set(before.values())) == len(before)
    assert len(before["secret_key"]) >= 32
    assert yaml.safe_load(before["s3_identities"])["identities"][0]["credentials"] == [
        {"accessKey": before["s3_key_id"], "secretKey": before["s3_key"]}
    ]
    assert before["s3_credentials"].splitlines() == [
        "[default]",
        f"aws_access_key_id = {before['s3_key_id']}",
        f"aws_secret_access_key = {before['s3_key']}",
    ]
    assert {path.name: path.read_text(encoding="utf-8") for path in secrets("postgres").iterdir()} == before


def test_the_service_shares_no_disk_with_those_who_train():
    homes = {name: volume for name in OURS for volume in SERVICES[name].get("volumes", []) if "crossfade" in volume}
    assert homes.pop("service") == "/var/lib/crossfade"
    assert set(homes.values()) == {"home:/var/lib/crossfade"}
    followed = SERVICES["service"]["environment"]["CROSSFADE_REMOTE"]
    assert followed == SERVICES["worker"]["environment"]["CROSSFADE_REMOTE"]
    assert SERVICES["migrate"]["environment"]["CROSSFADE_REMOTE"] == followed, "which makes the bucket"


def test_secrets_stay_out_of_the_repository():
    ignored = Path(INFRA.parent / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "infra/compose/secrets/" in ignored
