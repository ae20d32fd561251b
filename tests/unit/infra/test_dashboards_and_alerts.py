"""Dashboards and alerts: they ask for figures the code has; alerts fire when they should and lead to words."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from pipelines.home import Home
from pipelines.monitoring.kinds import METRICS
from pipelines.store.database import Database
from pipelines.store.secret import Secret
from serving.observing.metrics import Metrics, _Now
from serving.store.gateway import StoreGateway
from serving.store.spool import Spool
from tests.support.deployed import INFRA

PROMETHEUS = INFRA / "prometheus"
RULES = PROMETHEUS / "rules" / "crossfade.yml"
STORIES = PROMETHEUS / "tests" / "crossfade.yml"
WRITER = runpy.run_path(str(INFRA / "scripts" / "dashboards.py"))
GROUPS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
ALERTS: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
RUNBOOK = (INFRA.parent / "docs" / "runbook.md").read_text(encoding="utf-8")


def asked_by_dashboards() -> dict[str, str]:
    """Panel and legend -> what is asked."""
    return {
        f"{name}: {panel['title']} {target['legendFormat']}": target["expr"]
        for name in WRITER["DASHBOARDS"]
        for panel in WRITER["dashboard"](name)["panels"]
        for target in panel["targets"]
    }


@pytest.fixture
def exported(tmp_path, monkeypatch):
    """Figure -> its labels, of everything the service shows."""
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    home = Home(tmp_path)
    gateway = StoreGateway(Database.of(home), Spool(home.spool), Secret(b"s" * 32))
    holder = SimpleNamespace(version="m", refused=None, refused_trials=())
    metrics = Metrics([])
    metrics.called("/v1/a", 200, 0.1)
    metrics.told("like", "m")
    for counter, labels in ((metrics._lists, ("history", "m")), (metrics._listed, ("m",)), (metrics._cold, ("m",))):
        counter.labels(*labels).inc()
    metrics._coverage.labels("m").set(1)
    families = [family for each in metrics._collectors() for family in each.collect()]
    families += _Now(holder, gateway).collect()
    found = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    return found | {metric.name: set(metric.labels) for metric in METRICS}


def test_dashboards_are_as_they_are_written():
    files = {path.stem: path.read_text(encoding="utf-8") for path in (INFRA / "grafana" / "dashboards").glob("*.json")}
    assert files == {name: WRITER["text"](name) for name in WRITER["DASHBOARDS"]}


@pytest.mark.parametrize("origin", ["dashboards", "alerts"])
def test_every_figure_that_is_asked_for_exists_with_its_labels(exported, origin):
    asked = asked_by_dashboards() if origin == "dashboards" else {rule["alert"]: rule["expr"] for rule in ALERTS}
    assert asked
    for where, expression in asked.items():
        figures = set(re.findall(r"\bcrossfade_\w+", expression))
        assert figures or "up{" in expression, where
        assert figures <= set(exported), where
        allowed = {"job", "instance", "le"}.union(*(exported[figure] for figure in figures))
        grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
        matched = set(re.findall(r'(\w+)(?:=|=~)"', expression))
        assert grouped | matched <= allowed, where


def test_legends_name_labels_that_are_left():
    for name in WRITER["DASHBOARDS"]:
        for panel in WRITER["dashboard"](name)["panels"]:
            for target in panel["targets"]:
                grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
                left = {label.strip() for by in grouped for label in by.split(",")} or {"instance"}
                assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= left, panel["title"]


def test_panels_do_not_lie_on_each_other():
    for name in WRITER["DASHBOARDS"]:
        cells: set[tuple[int, int]] = set()
        for panel in WRITER["dashboard"](name)["panels"]:
            place = panel["gridPos"]
            own = {(place["x"] + i, place["y"] + j) for i in range(place["w"]) for j in range(place["h"])}
            assert not own & cells, panel["title"]
            assert place["x"] + place["w"] <= 24
            cells |= own


def test_grafana_finds_the_dashboards_and_their_data():
    provisioning = INFRA / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text(encoding="utf-8"))
    (used,) = {
        target["datasource"]["uid"]
        for name in WRITER["DASHBOARDS"]
        for panel in WRITER["dashboard"](name)["panels"]
        for target in panel["targets"]
    }
    assert source["datasources"][0]["uid"] == used
    provider = yaml.safe_load((provisioning / "dashboards" / "crossfade.yaml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((INFRA / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    grafana = compose["services"]["grafana"]
    assert f"../grafana/dashboards:{provider['providers'][0]['options']['path']}:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.rpartition("/")[2].removesuffix(".json") in WRITER["DASHBOARDS"]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_words_that_say_what_to_do(rule):
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page == "docs/runbook.md"
    titles = {
        re.sub(r"[^a-z ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^### (.*)$", RUNBOOK, re.MULTILINE)
    }
    assert anchor in titles
    title = anchor.replace("-", " ").capitalize()
    section = RUNBOOK.partition(f"### {title}\n")[2].partition("\n### ")[0]
    assert f"*{rule['labels']['severity'].capitalize()}.*" in section
    assert len(section.split()) > 12


def test_every_alert_has_been_seen_quiet_and_firing():
    stories = yaml.safe_load(STORIES.read_text(encoding="utf-8"))["tests"]
    seen: dict[str, list[bool]] = {name: [] for name in (rule["alert"] for rule in ALERTS)}
    for story in stories:
        for test in story["alert_rule_test"]:
            seen[test["alertname"]].append(bool(test["exp_alerts"]))
    assert all(set(each) == {False, True} for each in seen.values()), seen


@pytest.fixture
def promtool():
    program = shutil.which("promtool")
    if program is None:
        assert os.environ.get("CI") != "true", "CI has to try the alerts with promtool: infra/scripts/infra_tools.sh"
        pytest.skip("there is no promtool here; 'make test' installs it on Debian as root")

    def run(*arguments):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_alerts_fire_when_they_should(promtool):
    promtool("check", "config", "--syntax-only", PROMETHEUS / "prometheus.yml")
    promtool("check", "rules", RULES)
    promtool("test", "rules", STORIES)


def test_what_dashboards_ask_is_promql(promtool, tmp_path):
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(asked_by_dashboards().values())]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", file)
