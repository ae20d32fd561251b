"""Every kind of check, spelled once: its group, its words, and the figure Prometheus knows it by.

Dashboards and alert rules are tested against ``METRICS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Group = Literal["inputs", "predictions", "outcomes", "freshness", "service"]

#: The event that a breach of each group sends.
EVENTS: Final[dict[Group, str]] = {
    "inputs": "crossfade.drift",
    "predictions": "crossfade.lists",
    "outcomes": "crossfade.outcomes",
    "freshness": "crossfade.stale",
    "service": "crossfade.unhealthy",
}
GROUPS: Final[tuple[Group, ...]] = tuple(EVENTS)


@dataclass(frozen=True)
class Metric:
    """A figure as Prometheus knows it; all of them are gauges.

    Attributes:
        name: Its name.
        words: What it says.
        labels: What its values are told apart by.
    """

    name: str
    words: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of check.

    Attributes:
        name: What checks of this kind carry.
        group: What they belong to.
        metric: Their figure.
    """

    name: str
    group: Group
    metric: Metric


def _kind(name: str, group: Group, metric: str, words: str, *labels: str) -> Kind:
    return Kind(name, group, Metric(f"crossfade_{metric}", words, labels))


KINDS: Final = {
    kind.name: kind
    for kind in (
        _kind("psi", "inputs", "input_psi", "Population stability index of the newest window.", "feature"),
        _kind("ks", "inputs", "input_ks", "Kolmogorov-Smirnov distance of the newest window.", "feature"),
        _kind("volume", "inputs", "input_volume_ratio", "The newest window as a multiple of the usual.", "what"),
        _kind("join rate", "inputs", "input_join_rate", "Share of new interactions whose track is known."),
        _kind("missing", "inputs", "input_missing_share", "Share of new interactions without audio features."),
        _kind("coverage", "predictions", "prediction_coverage", "Part of the catalogue that sample lists show."),
        _kind("popularity", "predictions", "prediction_popularity", "Share of places that popular tracks have."),
        _kind("overlap", "predictions", "prediction_overlap", "Share of lists that a day ago had as well."),
        _kind("likes", "outcomes", "outcome_likes_per_list", "Likes for each list shown.", "model_version"),
        _kind("skips", "outcomes", "outcome_skips_per_list", "Skips for each list shown.", "model_version"),
        _kind("age", "freshness", "age_days", "Age in days.", "what"),
        _kind("ready", "service", "service_ready", "Whether the service can answer."),
        _kind("store", "service", "service_store_up", "Whether the service reaches the event store."),
        _kind("spool", "service", "service_spool_bytes", "Feedback that waits, as the service says."),
        _kind("refused", "service", "service_bundles_refused", "Bundles the service could not load."),
        _kind("behind", "service", "service_behind", "Whether it serves another model than the champion."),
        _kind("unreadable", "service", "monitor_unreadable", "Whether a part could not be looked at.", "part"),
    )
}

#: Beside the figures of the kinds. ``subject`` is the value of the kind's own label, empty where it has none.
THRESHOLD: Final = Metric("crossfade_monitor_threshold", "What the figure is judged by.", ("check", "subject"))
BREACH: Final = Metric("crossfade_monitor_breach", "Whether a check is a breach.", ("group", "check", "subject"))
BREACHES: Final = Metric("crossfade_monitor_breaches", "How many checks are a breach.", ("group",))
LAST_RUN: Final = Metric("crossfade_monitor_last_run_timestamp_seconds", "When monitoring looked last.")

METRICS: Final = (*(kind.metric for kind in KINDS.values()), THRESHOLD, BREACH, BREACHES, LAST_RUN)
