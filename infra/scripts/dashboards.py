"""Write the Grafana dashboards (infra/grafana/dashboards): what a panel asks and means, without the JSON around it.

Run it after a change; a test holds the files and this program together, and every figure it asks for against the code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "grafana" / "dashboards"
_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_COLUMNS, _HEIGHT = 24, 8
#: Panels with one number are half as high and there are more of them in a row.
_WIDTH = {"stat": 4, "timeseries": 12}


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: Its title.
        words: What it says and when to worry.
        ask: Legend -> PromQL; a legend may name labels ({{call}}).
        unit: Grafana's name of the unit.
        kind: A line over time, or one number.
        red: The value from which it is red; None where nothing is. A negative one turns the colours round: red below.
    """

    title: str
    words: str
    ask: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    red: float | None = None


def _stat(title: str, words: str, ask: str, unit: str = "short", red: float | None = None) -> Panel:
    return Panel(title, words, {"": ask}, unit, "stat", red)


_CALLS = "crossfade_call_seconds"
_LISTS = 'call="/v1/recommendations", status="200"'


def _quantile(share: float) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({_CALLS}_bucket{{{_LISTS}}}[5m])))"


def _per_list(kind: str) -> str:
    """Return the rate of a reaction for each list, by model."""
    told = f'sum by (model_version) (rate(crossfade_feedback_total{{kind="{kind}"}}[1h]))'
    return f"{told} / sum by (model_version) (rate(crossfade_lists_total[1h]))"


SERVICE = (
    _stat("Replicas", "That answer Prometheus.", 'sum(up{job="service"})', red=-1),
    _stat("Calls", "A second, of all replicas.", f"sum(rate({_CALLS}_count[5m]))", "reqps"),
    _stat(
        "Failed calls",
        "Share of answers with status 500 and above; from 1 % on somebody is woken.",
        f'sum(rate({_CALLS}_count{{status=~"5.."}}[5m])) / sum(rate({_CALLS}_count[5m]))',
        "percentunit",
        0.01,
    ),
    _stat("Lists, 99 %", "So long take 99 of 100 lists at most.", _quantile(0.99), "s", 0.05),
    _stat("Store", "1 while every replica reaches the event store.", "min(crossfade_store_up)", red=-1),
    _stat(
        "Waiting feedback", "On the disks of the replicas, for the store.", "sum(crossfade_spool_bytes)", "bytes", 1e6
    ),
    Panel("Calls by address", "A second.", {"{{call}}": f"sum by (call) (rate({_CALLS}_count[5m]))"}, "reqps"),
    Panel(
        "How long a list takes",
        "Median, 95 % and 99 %, inside the service.",
        {"50 %": _quantile(0.5), "95 %": _quantile(0.95), "99 %": _quantile(0.99)},
        "s",
    ),
    Panel(
        "Answers by status",
        "A second. 4.. is what callers did wrong, 5.. what we did.",
        {"{{status}}": f"sum by (status) (rate({_CALLS}_count[5m]))"},
        "reqps",
    ),
    Panel(
        "Feedback that waits",
        "How long the oldest of it has been waiting, by replica.",
        {"{{instance}}": "crossfade_store_lag_seconds"},
        "s",
    ),
    Panel(
        "Model by replica",
        "Replicas change within seconds of a promotion.",
        {"{{model_version}}": "count by (model_version) (crossfade_model_served)"},
    ),
    Panel(
        "Refused bundles",
        "1 while a newer model cannot be loaded, by replica.",
        {"{{instance}}": "crossfade_bundle_refused"},
    ),
)

#: What monitoring wrote down is shown by every replica alike, so the largest is any.
DATA = (
    _stat("Changes of input", "Checks that are a breach.", 'max(crossfade_monitor_breaches{group="inputs"})', red=1),
    _stat("Too old", "Checks that are a breach.", 'max(crossfade_monitor_breaches{group="freshness"})', red=1),
    _stat(
        "Last look",
        "Since monitoring ran last.",
        "time() - max(crossfade_monitor_last_run_timestamp_seconds)",
        "s",
        172_800,
    ),
    _stat(
        "Known tracks",
        "Share of new interactions whose track is known.",
        "max(crossfade_input_join_rate)",
        "percentunit",
    ),
    _stat("Without audio features", "Share of new interactions.", "max(crossfade_input_missing_share)", "percentunit"),
    Panel(
        "Population stability index",
        "The newest window against those before, by feature, and what it is judged by.",
        {
            "{{feature}}": "max by (feature) (crossfade_input_psi)",
            "threshold {{subject}}": 'max by (subject) (crossfade_monitor_threshold{check="psi"})',
        },
    ),
    Panel(
        "Kolmogorov-Smirnov distance",
        "The same by another measure.",
        {
            "{{feature}}": "max by (feature) (crossfade_input_ks)",
            "threshold {{subject}}": 'max by (subject) (crossfade_monitor_threshold{check="ks"})',
        },
    ),
    Panel(
        "Volume",
        "The newest window as a multiple of the usual.",
        {"{{what}}": "max by (what) (crossfade_input_volume_ratio)"},
    ),
    Panel("Ages", "In days.", {"{{what}}": "max by (what) (crossfade_age_days)"}, "d"),
    Panel(
        "What is a breach",
        "By group, check and what it is about.",
        {"{{group}}: {{check}} {{subject}}": "max by (group, check, subject) (crossfade_monitor_breach) > 0"},
    ),
)

MODEL = (
    _stat("Lists", "Breaches of the checks of lists.", 'max(crossfade_monitor_breaches{group="predictions"})', red=1),
    _stat(
        "Outcomes", "Breaches of the checks of outcomes.", 'max(crossfade_monitor_breaches{group="outcomes"})', red=1
    ),
    _stat("Behind the champion", "1 while another model is served.", "max(crossfade_service_behind)", red=1),
    _stat(
        "Cold tracks in lists",
        "Share of tracks in lists that nobody played in training.",
        "sum(rate(crossfade_listed_cold_tracks_total[1h])) / sum(rate(crossfade_listed_tracks_total[1h]))",
        "percentunit",
    ),
    Panel("Likes for each list", "By model.", {"{{model_version}}": _per_list("like")}),
    Panel("Skips for each list", "By model.", {"{{model_version}}": _per_list("skip")}),
    Panel(
        "What lists rest on",
        "A second: a history, seeds, or what is popular.",
        {"{{basis}}": "sum by (basis) (rate(crossfade_lists_total[5m]))"},
        "reqps",
    ),
    Panel(
        "Part of the catalogue shown",
        "Live lists by model, and lists for monitoring's sample.",
        {
            "live {{model_version}}": "max by (model_version) (crossfade_list_coverage)",
            "sample": "max(crossfade_prediction_coverage)",
        },
        "percentunit",
    ),
    Panel(
        "Lists for the sample",
        "Share of places that popular tracks have; share of a list that the day before had as well.",
        {"popular": "max(crossfade_prediction_popularity)", "as before": "max(crossfade_prediction_overlap)"},
        "percentunit",
    ),
    Panel(
        "Likes and skips, as monitoring judges them",
        "For each list of the newest week, by model.",
        {
            "likes {{model_version}}": "max by (model_version) (crossfade_outcome_likes_per_list)",
            "skips {{model_version}}": "max by (model_version) (crossfade_outcome_skips_per_list)",
        },
    ),
)

DASHBOARDS = {
    "service": ("Crossfade: service", SERVICE),
    "data": ("Crossfade: data", DATA),
    "model": ("Crossfade: model", MODEL),
}


def dashboard(name: str) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"crossfade-{name}",
        "title": title,
        "tags": ["crossfade"],
        "timezone": "browser",
        "schemaVersion": 41,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["crossfade"], "title": "Crossfade", "asDropdown": False}],
        "panels": _laid_out(panels),
    }


def _laid_out(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """Put panels beside each other as long as there is room, then below."""
    found, x, y, row = [], 0, 0, 0
    for number, panel in enumerate(panels, start=1):
        width, height = _WIDTH[panel.kind], _HEIGHT if panel.kind == "timeseries" else _HEIGHT // 2
        if x + width > _COLUMNS or (row and height != row):
            x, y = 0, y + row
        row = height
        found.append(_panel(number, panel, {"x": x, "y": y, "w": width, "h": height}))
        x += width
    return found


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.red is not None:
        below, at = ("green", "red") if panel.red >= 0 else ("red", "green")
        steps = [{"color": below, "value": None}, {"color": at, "value": abs(panel.red)}]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.words,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _SOURCE,
                "expr": expression,
                "legendFormat": legend or "__auto",
            }
            for index, (legend, expression) in enumerate(panel.ask.items())
        ],
    }


def text(name: str) -> str:
    """Return a dashboard as it stands in its file."""
    return json.dumps(dashboard(name), indent=2) + "\n"


if __name__ == "__main__":
    for each in DASHBOARDS:
        (FOLDER / f"{each}.json").write_text(text(each), encoding="utf-8")
