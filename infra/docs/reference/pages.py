"""All reference pages: path below docs/ -> text. The heavy imports happen here, when the pages are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from infra.docs.reference.command_line import command_line
from infra.docs.reference.configuration import configuration
from infra.docs.reference.errors import errors
from infra.docs.reference.event_store import event_store
from infra.docs.reference.http_api import http_api
from infra.docs.reference.metrics import Figure, metrics
from infra.docs.reference.plugins import recommenders, sources
from infra.docs.reference.settings import settings

#: What is read from the environment and is no setting of the command line's.
VARIABLES = {
    "CROSSFADE_SETTINGS": "the file of settings, instead of `crossfade.toml` in the working folder",
    "CROSSFADE_BUNDLE": "for the service: one bundle to serve for as long as it runs, instead of the champion",
    "CROSSFADE_FEEDBACK": "for the service: a TOML file with what likes, plays, skips and dislikes weigh until the "
    "next training ([configuration](configuration.md#feedback))",
    "CROSSFADE_JSON_LOGS": "for the service: every line of the log as one JSON object, with a line for each call",
    "CROSSFADE_PUBLIC_URL": "for the service: the page's address as others see it, where it is not this machine's own",
    "CROSSFADE_HOSTS": "for the service: further names it answers to over the loopback, with commas between them, as a "
    "proxy on this machine passes them on; `.example.org` is every name that ends so",
    "CROSSFADE_UPLOAD_PATIENCE": "for the service: for how many seconds a file that somebody sends may make no "
    "headway; 30",
    "CROSSFADE_TRACES": "for the service: a file, or an OTLP address, for a span of each call",
    "CROSSFADE_DEBUG": "1: the command line shows where an error was raised",
    "CROSSFADE_CHROMIUM": "for tests and pictures: the browser",
}


def reference_pages() -> Mapping[str, str]:
    """Return every page, in the order of the site."""
    makers: Mapping[str, Callable[[], str]] = {
        "reference/command-line.md": _command_line,
        "reference/settings.md": _settings,
        "reference/configuration.md": _configuration,
        "reference/http-api.md": _http_api,
        "data-contract.md": _data_contract,
        "reference/event-store.md": _event_store,
        "reference/sources.md": _sources,
        "reference/recommenders.md": _recommenders,
        "reference/metrics.md": _metrics,
        "reference/errors.md": _errors,
    }
    return {path: make() for path, make in makers.items()}


def _command_line() -> str:
    import typer

    from flows.cli.main import app

    return command_line(typer.main.get_group(app))


def _settings() -> str:
    from flows.settings import Settings
    from pipelines.environment import PREFIX

    return settings(Settings, PREFIX, VARIABLES)


def _configuration() -> str:
    from pipelines.config import FeedbackRules, TrainingConfig
    from pipelines.monitoring.rules import MonitoringRules
    from pipelines.release.policy import PromotionPolicy

    training = "`infra/config/training.toml`, `CROSSFADE_TRAINING`, `crossfade train --config FILE`."
    policy = "`infra/config/policy.toml`, `CROSSFADE_POLICY`; [how to change it](../how-to/promotion-policy.md)."
    feedback = "`CROSSFADE_FEEDBACK`, read by the service."
    return configuration(
        {
            "Training": (training, TrainingConfig),
            "Promotion policy": (policy, PromotionPolicy),
            "Monitoring": ("`infra/config/monitoring.toml`.", MonitoringRules),
            "Feedback": (feedback, FeedbackRules),
        }
    )


def _http_api() -> str:
    from serving.service import api_document

    return http_api(api_document())


def _data_contract() -> str:
    from validation.contract import contract
    from validation.rules import GateRules

    return contract(GateRules())


def _event_store() -> str:
    from pipelines.store.tables import METADATA

    return event_store(METADATA)


def _sources() -> str:
    from flows.sources import OWN
    from pipelines.sources import built_in_names, source_type

    return sources(map(source_type, built_in_names()), OWN)


def _recommenders() -> str:
    from pipelines.recommenders import built_in_names, recommender_type

    return recommenders(map(recommender_type, built_in_names()))


def _metrics() -> str:
    from pipelines.evaluation import behaviour, beyond_accuracy, calibration, segments
    from pipelines.evaluation import metrics as ranking
    from pipelines.monitoring.kinds import METRICS
    from serving.observing.metrics import Metrics

    others: Mapping[str, Callable[..., object] | ModuleType] = {
        "coverage": beyond_accuracy.catalogue_coverage,
        "novelty": beyond_accuracy.novelty,
        "gini": beyond_accuracy.gini,
        "popularity_lift": beyond_accuracy.popularity_lift,
        "diversity": beyond_accuracy.intra_list_diversity,
        "miscalibration": beyond_accuracy.miscalibration,
        "tail_recall, cold_recall": segments.track_recalls,
        "rmse, mae": calibration,
    }
    checks = {check.name: check.figure for check in behaviour.CHECKS}
    served = [
        Figure(f"{metric.name}_total" if metric.type == "counter" else metric.name, metric.type, labels, words)
        for metric, labels in Metrics(()).described()
        for words in [metric.documentation]
    ]
    watched = [Figure(metric.name, "gauge", metric.labels, metric.words) for metric in METRICS]
    return metrics(ranking, others, checks, served, watched)


def _errors() -> str:
    from serving.problems import status_of

    return errors(status_of)
