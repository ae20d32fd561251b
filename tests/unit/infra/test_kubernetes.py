"""The manifests, as Kustomize builds them: valid, held in, and every name leads to something."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil

import kubernetes_validate
import pytest

from tests.support.deployed import INFRA, is_read
from tests.support.kustomized import built, containers, flow_run, kind, matches, names, pods, reaches

OVERLAYS = ("dev", "prod")
#: Supported until the middle of next year, and the newest whose schemas are at hand.
RELEASES = ("1.33", "1.37")
_SCRIPT = (INFRA / "scripts" / "secrets.sh").read_text(encoding="utf-8")
#: What secrets.sh makes: passwords in a loop, the rest by name.
SECRETS = {
    *re.findall(r"^make (\w+) ", _SCRIPT, re.MULTILINE),
    *re.findall(r"for name in ([\w ]+); do", _SCRIPT)[0].split(),
}

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@pytest.fixture(autouse=True)
def _kubectl():
    if shutil.which("kubectl") is None:
        assert os.environ.get("CI") != "true", "CI has to build with kubectl: infra/scripts/infra_tools.sh"
        pytest.skip("there is no kubectl here; 'make test' installs it on Debian as root")


@each_overlay
@pytest.mark.parametrize("release", RELEASES)
def test_all_of_it_is_valid(overlay, release):
    for each in (*built(overlay), flow_run()):
        kubernetes_validate.validate(each, release, strict=True)


def test_a_misspelled_field_is_noticed():
    wrong = {**kind("prod", "PodDisruptionBudget")[0]}
    wrong["spec"] = {**wrong["spec"], "minAvailible": 1}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, RELEASES[0], strict=True)


@each_overlay
def test_every_pod_keeps_the_restricted_standard_on_files_it_cannot_write(overlay):
    (space,) = kind(overlay, "Namespace")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for name, pod, container in containers(overlay):
        held, own = pod["securityContext"], container["securityContext"]
        assert held["runAsNonRoot"], name
        assert held["runAsUser"] > 0, name
        assert held["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert own == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert "memory" in container["resources"]["limits"], name
        assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name


@each_overlay
def test_only_the_worker_has_rights_in_the_cluster(overlay):
    mounting = {
        each["metadata"]["name"] for each in kind(overlay, "ServiceAccount") if each["automountServiceAccountToken"]
    }
    assert mounting == {"crossfade-worker"}
    users = {name for name, pod in pods(overlay) if pod["spec"].get("serviceAccountName") in mounting}
    assert users == {"worker"}
    assert not kind(overlay, "ClusterRole", "ClusterRoleBinding")
    for name, pod in pods(overlay):
        account = pod["spec"].get("serviceAccountName")
        assert (
            account in names(overlay, "ServiceAccount") if account else not pod["spec"]["automountServiceAccountToken"]
        ), name


@each_overlay
def test_images_are_ours_or_pinned(overlay):
    for name, _, container in containers(overlay):
        image = container["image"]
        ours = re.fullmatch(r"([\w.]+/)?crossfade-(service|worker):[\w.]+", image)
        assert ours or re.fullmatch(r"[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}", image), name


@each_overlay
def test_flow_runs_use_the_image_of_the_job_that_registers_them(overlay):
    ((_, _, container),) = [each for each in containers(overlay) if each[0] == "deploy"]
    told = {entry["name"]: entry.get("value") for entry in container["env"]}
    assert told["CROSSFADE_FLOW_IMAGE"] == container["image"]


@each_overlay
def test_every_variable_is_read_by_somebody(overlay):
    told = {entry["name"] for _, _, container in containers(overlay) for entry in container.get("env", [])}
    told |= {
        name
        for each in kind(overlay, "ConfigMap")
        if each["metadata"]["name"] in {"flows", "object-store"}
        for name in each["data"]
    }
    assert {name for name in told if not is_read(name)} == set()


@each_overlay
def test_every_secret_exists_and_stands_where_it_is_looked_for(overlay):
    maps = {each["metadata"]["name"]: each["data"] for each in kind(overlay, "ConfigMap")}
    for name, pod, container in containers(overlay):
        told = [entry.get("value", "") for entry in container.get("env", [])] + container.get("args", [])
        for source in container.get("envFrom", []):
            told += list(maps[source["configMapRef"]["name"]].values())
        wanted = set(re.findall(r"/run/secrets/(\w+)", " ".join(told)))
        mounted = {
            item["path"]: item["key"] for volume in pod["volumes"] for item in volume.get("secret", {}).get("items", [])
        }
        databases = {"events_password", "prefect_password", "mlflow_password"} if name == "postgres" else set()
        assert wanted | databases == set(mounted), name
        assert set(mounted.values()) <= SECRETS, name
    assert not kind(overlay, "Secret")


@each_overlay
def test_every_volume_is_there_and_mounted(overlay):
    for name, pod, container in containers(overlay):
        claims = {each["metadata"]["name"] for each in kind(overlay, "PersistentVolumeClaim")}
        for volume in pod["volumes"]:
            assert volume.get("persistentVolumeClaim", {}).get("claimName") in {None, *claims}, name
            assert volume.get("configMap", {}).get("name") in {None, *names(overlay, "ConfigMap")}, name
            assert volume.get("secret", {}).get("secretName") in {None, "crossfade"}, name
        there = {volume["name"] for volume in pod["volumes"]} | ({"data"} if name == "postgres" else set())
        assert {mount["name"] for mount in container["volumeMounts"]} == there, name
        assert any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"]), name  # noqa: S108 - in the pod


@each_overlay
def test_services_share_no_disk_with_flow_runs_and_follow_what_those_publish(overlay):
    mounting = {
        name
        for name, pod, _ in containers(overlay)
        for volume in pod["volumes"]
        if volume.get("persistentVolumeClaim", {}).get("claimName") == "home"
    }
    assert mounting == {"flow-run", "deploy"}
    told = {
        name
        for name, _, container in containers(overlay)
        for source in container.get("envFrom", [])
        if source["configMapRef"]["name"] == "object-store"
    }
    assert {"service", "flow-run", "migrate"} <= told, "who publishes, who follows, and who makes the bucket"
    (store,) = [each for each in kind(overlay, "ConfigMap") if each["metadata"]["name"] == "object-store"]
    assert store["data"]["CROSSFADE_REMOTE"].startswith("s3://")
    assert all(reaches(overlay, name, store["data"].get("AWS_ENDPOINT_URL", ":443")) for name in told)


@each_overlay
def test_every_service_leads_to_a_port_of_a_pod_and_every_address_to_a_service(overlay):
    ports = {}
    for service in kind(overlay, "Service"):
        selected = [
            pod for _, pod in pods(overlay) if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        ]
        assert selected, service["metadata"]["name"]
        opened = {
            port["name"] for pod in selected for container in pod["spec"]["containers"] for port in container["ports"]
        }
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in opened
            ports[service["metadata"]["name"], str(port["port"])] = port["name"]
    text = json.dumps([each for each in built(overlay) if each["kind"] != "Ingress"])
    assert set(re.findall(r"http://([a-z]+):(\d+)", text)) <= set(ports)
    for ingress in kind(overlay, "Ingress"):
        paths = ingress["spec"]["rules"][0]["http"]["paths"]
        leads = {path["path"]: path["backend"]["service"]["name"] for path in paths}
        assert leads == {"/metrics": "nowhere", "/": "service"}


@each_overlay
def test_scaling_disruption_and_network_are_about_pods_that_exist(overlay):
    labels = [pod["metadata"]["labels"] for _, pod in pods(overlay)]
    for each in kind(overlay, "PodDisruptionBudget", "NetworkPolicy"):
        selector = each["spec"].get("selector") or each["spec"]["podSelector"]
        assert any(matches(selector, each_pod) for each_pod in labels), each["metadata"]["name"]
        for rule in selector.get("matchExpressions", []):
            assert set(rule["values"]) <= {each_pod.get(rule["key"]) for each_pod in labels}, each["metadata"]["name"]
    for scaler in kind(overlay, "HorizontalPodAutoscaler"):
        assert scaler["spec"]["scaleTargetRef"]["name"] in names(overlay, "Deployment")
        (scaled,) = [each for each in kind(overlay, "Deployment") if each["metadata"]["name"] == "service"]
        assert "replicas" not in scaled["spec"]  # two would decide


@each_overlay
def test_probes_ask_what_the_programs_answer(overlay):
    import mlflow.server
    import prefect.server.api.server
    import prefect.workers.server

    asked = {
        (name, probe["httpGet"]["path"], probe["httpGet"]["port"])
        for name, _, container in containers(overlay)
        for key, probe in container.items()
        if key.endswith("Probe") and "httpGet" in probe
    }
    assert asked == {
        ("service", "/livez", "http"),
        ("service", "/readyz", "http"),
        ("prefect", "/api/ready", "http"),
        ("prefect", "/api/health", "http"),
        ("mlflow", "/health", "http"),
        ("worker", "/health", "health"),
    }
    # The service's are asked of a live one in tests/integration/serving/test_behind_nginx.py.
    for module, paths in (
        (prefect.server.api.server, ["/ready", "/health"]),
        (mlflow.server, ["/health"]),
        (prefect.workers.server, ["/health"]),
    ):
        assert all(f'"{path}"' in inspect.getsource(module) for path in paths)


@each_overlay
def test_containers_start_in_roles_of_their_image(overlay):
    entrypoint = (INFRA / "docker" / "entrypoint.sh").read_text(encoding="utf-8")
    roles = set(re.findall(r"^  ([a-z-]+)\)", entrypoint, re.MULTILINE))
    started = {
        container["args"][0]
        for name, _, container in containers(overlay)
        if name != "flow-run" and "crossfade-worker" in container["image"]
    }
    assert started == roles
