"""A report: in words, in JSON, for Prometheus; and the rules it was made by."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipelines.errors import ConfigError
from pipelines.monitoring.checks import Check, MonitoringReport, at_least, at_most, unknown
from pipelines.monitoring.exposition import exposition
from pipelines.monitoring.kinds import EVENTS, KINDS, METRICS
from pipelines.monitoring.rules import MonitoringRules

SHIPPED = Path(__file__).resolve().parents[3] / "infra" / "config" / "monitoring.toml"
CHECKS = (
    at_most("psi", "energy", 0.3, 0.2, "energy has moved"),
    at_most("psi", "tempo", 0.1, 0.2, "tempo is as before"),
    at_least("join rate", "", 1.0, 0.9, "all are known"),
    at_most("age", "champion", 5.0, math.nan, "any age is allowed"),
    unknown("likes", 'm"1\n', "too few"),
)


def report(*checks: Check) -> MonitoringReport:
    return MonitoringReport("2026-11-26T12:00:00+00:00", {"snapshot": "s1"}, "rules", checks)


def samples(text):
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_headline_names_what_is_wrong():
    assert report(*CHECKS).headline == "1 of 5 checks are a breach: psi of energy; of 1 too little is known to say"
    assert report(*CHECKS[1:3]).headline == "All quiet: 2 checks, no breach"


def test_a_report_is_json_without_numbers_that_are_none():
    raw = json.loads(json.dumps(report(*CHECKS).to_json(), allow_nan=False))
    assert raw["quiet"] is False
    assert raw["checks"][3]["threshold"] is None
    assert raw["checks"][0] == {
        "group": "inputs",
        "check": "psi",
        "subject": "energy",
        "figure": 0.3,
        "threshold": 0.2,
        "verdict": "breach",
        "sentence": "energy has moved",
    }


def test_prometheus_reads_every_figure_with_its_threshold_and_verdict():
    found = samples(exposition(report(*CHECKS)))
    energy = (("check", "psi"), ("subject", "energy"))
    assert found["crossfade_input_psi", (("feature", "energy"),)] == 0.3
    assert found["crossfade_input_join_rate", ()] == 1.0
    assert found["crossfade_monitor_threshold", energy] == 0.2
    assert found["crossfade_monitor_breach", (energy[0], ("group", "inputs"), energy[1])] == 1.0
    assert found["crossfade_monitor_breaches", (("group", "inputs"),)] == 1.0
    assert found["crossfade_monitor_breaches", (("group", "freshness"),)] == 0.0
    assert found["crossfade_monitor_last_run_timestamp_seconds", ()] == 1_795_694_400.0


def test_what_is_not_known_has_no_figure_and_odd_names_do_not_break_the_file():
    found = samples(exposition(report(*CHECKS)))
    assert not any(name == "crossfade_outcome_likes_per_list" for name, _ in found)
    assert any(("subject", 'm"1\n') in labels for _, labels in found)


def test_all_figures_stand_in_the_one_list_that_dashboards_are_tested_against():
    named = {metric.name for metric in METRICS}
    everything = report(*(at_most(kind, "x", 1.0, 2.0, "") for kind in KINDS))
    assert {name for name, _ in samples(exposition(everything))} == named
    assert len(named) == len(METRICS)
    assert {kind.group for kind in KINDS.values()} == set(EVENTS)


def test_the_shipped_rules_are_the_defaults():
    assert MonitoringRules.from_toml(SHIPPED) == MonitoringRules()


@pytest.mark.parametrize("text", ["[inputs]\npis = 0.2", "[inputs]\nks = 2.0", "[input]\nks = 0.2"])
def test_rules_nobody_knows_are_refused(tmp_path, text):
    (tmp_path / "monitoring.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError):
        MonitoringRules.from_toml(tmp_path / "monitoring.toml")
