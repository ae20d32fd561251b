"""Figures for Prometheus: cheap to keep on the way of a call, put together when somebody asks.

BentoML gives every worker of a service the same folder of counters (``PROMETHEUS_MULTIPROC_DIR``), so whichever worker
answers ``/metrics`` tells the sum of all. What is no sum (the store, the spool, the model) is looked up at that moment.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from serving.engine import Engine, RankedList
    from serving.holder import EngineHolder
    from serving.store.gateway import StoreGateway

#: Upper ends of the latency buckets, in seconds: close around the targets of 10 and 20 ms.
_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)

#: The coverage of a worker's lists is counted anew after so many lists.
_LISTS_BETWEEN_COUNTS = 64

#: What is looked up when somebody asks, in the order in which ``_Now`` tells it.
_LOOKED_UP = {
    "store_up": "Whether the event store answered when it was asked last.",
    "spool_bytes": "Feedback that waits for the store.",
    "store_lag_seconds": "How long the oldest of it has been waiting.",
    "bundle_refused": "Whether a newer bundle could not be loaded.",
    "trials_refused": "How many bundles on trial could not be loaded.",
}


class Metrics:
    """The figures of one worker.

    Args:
        routes: The addresses that are told apart; whatever else is asked for is counted as one.
    """

    def __init__(self, routes: Collection[str]) -> None:
        self._own = CollectorRegistry()
        self._routes = frozenset(routes)
        self._seconds = Histogram(
            "crossfade_call_seconds", "How long calls take.", ["call", "status"], buckets=_BUCKETS, registry=self._own
        )
        self._of_call: dict[tuple[str, int], Histogram] = {}
        self._of_model: dict[tuple[int | str, ...], Counter] = {}
        self._lists = self._count("lists", "Lists given, by what they rest on.", "basis")
        self._listed = self._count("listed_tracks", "Tracks in the lists given.")
        self._cold = self._count("listed_cold_tracks", "Of these, tracks nobody played in training.")
        self._feedback = self._count("feedback", "What listeners did with their lists.", "kind")
        self._coverage = Gauge(
            "crossfade_list_coverage",
            "Part of the catalogue in a worker's lists so far; of several workers, the largest.",
            ["model_version"],
            registry=self._own,
            multiprocess_mode="max",
        )
        self._shown: tuple[str, np.ndarray] = ("", np.zeros(0, dtype=bool))
        self._since_counted = 0

    def _count(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"crossfade_{name}", words, [*labels, "model_version"], registry=self._own)

    def _counter(self, of: Counter, *labels: str) -> Counter:
        """Return the counter with these labels; looking it up in the library costs more than counting."""
        found = self._of_model.get((id(of), *labels))
        return found if found is not None else self._of_model.setdefault((id(of), *labels), of.labels(*labels))

    def called(self, path: str, status: int, seconds: float) -> None:
        """Count a call."""
        call = path if path in self._routes else "other"
        found = self._of_call.get((call, status))
        if found is None:
            found = self._of_call.setdefault((call, status), self._seconds.labels(call, str(status)))
        found.observe(seconds)

    def listed(self, engine: Engine, ranked: RankedList) -> None:
        """Count a list: what it rests on, how much of the catalogue is ever shown, how much of it is cold."""
        version = engine.version
        if self._shown[0] != version:
            self._shown, self._since_counted = (version, np.zeros(len(engine.bundle.tracks), dtype=bool)), 0
            self._of_model.clear()
        self._counter(self._lists, ranked.basis, version).inc()
        if ranked.tracks:
            tracks = np.array(ranked.tracks)
            self._shown[1][tracks] = True
            self._counter(self._listed, version).inc(len(ranked.tracks))
            listeners = engine.bundle.listeners.take(tracks)
            if cold := len(tracks) - int(np.count_nonzero(listeners)):
                self._counter(self._cold, version).inc(cold)
        if self._since_counted == 0:
            self._coverage.labels(version).set(float(self._shown[1].mean()) if len(self._shown[1]) else 0.0)
        self._since_counted = (self._since_counted + 1) % _LISTS_BETWEEN_COUNTS

    def told(self, kind: str, version: str) -> None:
        """Count what a listener did with a track."""
        self._feedback.labels(kind, version).inc()

    def exposition(self, holder: EngineHolder, gateway: StoreGateway) -> bytes:
        """Return all figures in Prometheus' text format.

        Args:
            holder: Knows the model as it is now.
            gateway: Knows the store and the spool.
        """
        shared = CollectorRegistry()
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        else:
            for collector in self._collectors():
                shared.register(collector)
        shared.register(_Now(holder, gateway))
        return generate_latest(shared)

    def described(self) -> Iterator[tuple[Metric, Sequence[str]]]:
        """Yield every figure, without values, with the names of its labels."""
        for collector in self._collectors():
            for each in collector.describe():
                yield each, collector._labelnames  # noqa: SLF001 - the library has no other way to ask
        for each in (*_states(), _served()):
            yield each, each._labelnames  # noqa: SLF001 - the same

    def _collectors(self) -> Sequence[MetricWrapperBase]:
        return (self._seconds, self._lists, self._listed, self._cold, self._feedback, self._coverage)


class _Now(Collector):
    """What is looked up when somebody asks."""

    def __init__(self, holder: EngineHolder, gateway: StoreGateway) -> None:
        self._holder = holder
        self._gateway = gateway

    def collect(self) -> Iterator[Metric]:
        """Yield the state of the store, the spool and the model."""
        gateway, holder = self._gateway, self._holder
        refused = (holder.refused is not None, len(holder.refused_trials))
        values = (gateway.is_up, gateway.spool.size(), gateway.lag(), *refused)
        for family, value in zip(_states(), values, strict=True):
            family.add_metric([], float(value))
            yield family
        served = _served()
        if holder.version:
            served.add_metric([holder.version], 1.0)
        yield served


def _states() -> list[GaugeMetricFamily]:
    """Return the figures that are looked up, still without their values."""
    return [GaugeMetricFamily(f"crossfade_{name}", words, labels=[]) for name, words in _LOOKED_UP.items()]


def _served() -> GaugeMetricFamily:
    return GaugeMetricFamily("crossfade_model_served", "The model being served.", labels=["model_version"])
