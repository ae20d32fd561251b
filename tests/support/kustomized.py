"""The manifests of an overlay, as Kustomize builds them and the cluster makes pods of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.support.deployed import INFRA

KUBERNETES = INFRA / "kubernetes"


@cache
def built(overlay: str) -> tuple[dict[str, Any], ...]:
    """Return what ``kubectl apply -k`` would send."""
    kubectl = shutil.which("kubectl")
    done = subprocess.run(
        [kubectl or "kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay)],
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(yaml.safe_load_all(done.stdout))


def kind(overlay: str, *kinds: str) -> list[dict[str, Any]]:
    """Return the objects of some kinds."""
    return [each for each in built(overlay) if each["kind"] in kinds]


def names(overlay: str, *kinds: str) -> set[str]:
    """Return their names."""
    return {each["metadata"]["name"] for each in kind(overlay, *kinds)}


@cache
def flow_run() -> dict[str, Any]:
    """Return the Job of a flow run, as Prefect's worker makes it from the template."""
    from prefect.utilities.templating import apply_values
    from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

    text = (KUBERNETES / "base" / "job-template.json").read_text(encoding="utf-8")
    template = json.loads(text.replace("@image@", "crossfade-worker:dev").replace("@namespace@", "crossfade"))
    told = {"env": {"CROSSFADE_HOME": "/var/lib/crossfade"}, "command": "prefect flow-run execute", "name": "night"}
    properties = template["variables"]["properties"].items()
    defaults = {name: each["default"] for name, each in properties if "default" in each}
    values = apply_values(template["job_configuration"], defaults | told, remove_notset=True)
    configuration = KubernetesWorkerJobConfiguration.model_validate(values)
    configuration._populate_env_in_manifest()
    configuration._populate_command_if_not_present()
    configuration._populate_generate_name_if_not_present()
    manifest: dict[str, Any] = configuration.job_manifest
    return manifest


def pods(overlay: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the template of every pod there will be, flow runs included."""
    for each in (*kind(overlay, "Deployment", "StatefulSet", "Job"), flow_run()):
        yield each["metadata"].get("name", "flow-run"), each["spec"]["template"]


def containers(overlay: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield every container with the name and the specification of its pod."""
    for name, pod in pods(overlay):
        for container in pod["spec"]["containers"]:
            yield name, pod["spec"], container


def reaches(overlay: str, component: str, address: str) -> bool:
    """Say whether the network policies let a component out to the port of an address."""
    labels = {"app.kubernetes.io/name": "crossfade", "app.kubernetes.io/component": component}
    return any(
        port["port"] == int(address.rpartition(":")[2])
        for policy in kind(overlay, "NetworkPolicy")
        if matches(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", [])
        for port in rule.get("ports", [])
    )


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Say whether a selector is about what has these labels."""
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", [])
    )
