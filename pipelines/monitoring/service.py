"""How a running service is, from what it says about itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.monitoring.checks import Check, at_least, at_most, unknown
from pipelines.monitoring.rules import ServiceRules

_BESIDE_READY = ("store", "spool", "refused", "behind")


@dataclass(frozen=True)
class ServiceWords:
    """What a service answered.

    Attributes:
        url: Its address.
        ready: Whether ``/readyz`` says that calls can be answered.
        health: The answer of ``/v1/health``; empty where there is none.
        problem: Why there is no answer, in words.
    """

    url: str
    ready: bool
    health: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def service_checks(said: ServiceWords, champion: str | None, rules: ServiceRules) -> tuple[Check, ...]:
    """Judge a service.

    Args:
        said: What it answered.
        champion: The bundle it should serve; None where there is none.
        rules: The thresholds.
    """
    why = f" ({said.problem})" if said.problem else ""
    words = f"{said.url} {'answers calls' if said.ready else 'cannot answer calls'}{why}"
    ready = at_least("ready", "", float(said.ready), 1, words)
    if not said.health:
        return (ready, *(unknown(kind, "", f"{said.url} does not say{why}") for kind in _BESIDE_READY))
    return (ready, *_checks(said.health, champion, rules))


def _checks(health: Mapping[str, Any], champion: str | None, rules: ServiceRules) -> Iterator[Check]:
    yield at_least("store", "", float(health["store"] == "up"), 1, f"the event store is {health['store']}")
    spool = float(health["spool"])
    words = f"{spool:,.0f} bytes of feedback wait for the event store; {rules.spool_bytes:,} are allowed"
    yield at_most("spool", "", spool, rules.spool_bytes, words)
    refused = [name for name in (health["refused_bundle"], *health["refused_trials"]) if name]
    words = f"bundles it could not load: {', '.join(refused) or 'none'}"
    yield at_most("refused", "", float(len(refused)), 0, words)
    serves = health["model_version"]
    if champion is None:
        yield unknown("behind", "", "there is no champion to serve")
        return
    other = serves not in {champion, health["canary"]}
    words = f"it serves {serves or 'nothing'}, the champion is {champion}"
    yield at_most("behind", "", float(other), 0, words)
