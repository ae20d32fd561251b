"""The thresholds of monitoring as data, frozen and hashed; see ``infra/config/monitoring.toml``."""

from __future__ import annotations

from pydantic import Field

from pipelines.config import Settings


class InputRules(Settings):
    """How far a window of listening may be from those before it.

    A threshold is an effect size. It gives way where quiet windows differ more than that among themselves: a figure is
    a breach above the threshold *and* above ``noise`` times the largest that any past window shows against the others.
    Past windows that had drifted themselves are left out, or the next drift of that size would be noise.

    Attributes:
        days: Length of a window, in days; whole weeks, or the days of the week would look like drift.
        windows: How many past windows the newest is compared with.
        least_windows: With fewer past windows that have enough rows nothing is said; so many are never left out.
        least_rows: A window with fewer rows says nothing but how few they are.
        noise: How many times the largest difference among past windows is still noise.
        outlier: A past window is left out if it is farther from the rest than the threshold *and* than so many times
            the largest difference among them. More than ``noise``: a false alarm must not sharpen the next look.
        psi: Largest population stability index of a feature.
        ks: Largest Kolmogorov-Smirnov distance of a feature.
        popularity: Largest population stability index over bands of popularity.
        volume: Largest multiple, up or down, of the usual rows and listeners of a window.
        join_drop: Largest fall of the share of rows whose track is known.
        missing_rise: Largest rise of the share of rows whose track has no audio features.
    """

    days: int = Field(default=7, ge=1)
    windows: int = Field(default=8, ge=2)
    least_windows: int = Field(default=4, ge=2)
    least_rows: int = Field(default=200, ge=1)
    noise: float = Field(default=1.5, ge=1)
    outlier: float = Field(default=2, ge=1)
    psi: float = Field(default=0.2, gt=0)
    ks: float = Field(default=0.1, gt=0, lt=1)
    popularity: float = Field(default=0.25, gt=0)
    volume: float = Field(default=1.5, gt=1)
    join_drop: float = Field(default=0.02, gt=0, le=1)
    missing_rise: float = Field(default=0.05, gt=0, le=1)


class PredictionRules(Settings):
    """What lists for a fixed sample of histories must be like.

    Attributes:
        sample: How many of the champion's histories; the same ones every time.
        seed: Chooses them.
        k: Length of a list.
        coverage: Least part of the catalogue in the lists, as a share of what so many lists could show.
        head: The tracks called popular: the smallest set with this share of all entries of the histories.
        popularity: Largest share of places that go to them.
        overlap: Least share of a list that stands in the list by the model served a day before as well.
        least_histories: With fewer histories nothing is said.
    """

    sample: int = Field(default=300, ge=1)
    seed: int = Field(default=20_260_630, ge=0)
    k: int = Field(default=10, ge=1)
    coverage: float = Field(default=0.1, ge=0, le=1)
    head: float = Field(default=0.2, gt=0, lt=1)
    popularity: float = Field(default=0.6, gt=0, le=1)
    overlap: float = Field(default=0.5, ge=0, le=1)
    least_histories: int = Field(default=20, ge=1)


class OutcomeRules(Settings):
    """How much worse listeners may take a model than those before it.

    Attributes:
        days: The days that are looked at, up to now.
        days_before: The days before these, with which they are compared.
        likes_fall: Largest fall of likes for each list, as a share of the rate before.
        skips_rise: Largest rise of skips for each list, likewise.
        false_discoveries: Of the differences called real, the largest expected share that is not.
        least_listeners: A model seen by fewer listeners is not judged.
    """

    days: float = Field(default=7, gt=0)
    days_before: float = Field(default=28, gt=0)
    likes_fall: float = Field(default=0.2, gt=0, le=1)
    skips_rise: float = Field(default=0.2, gt=0)
    false_discoveries: float = Field(default=0.05, gt=0, lt=1)
    least_listeners: int = Field(default=50, ge=2)


class FreshnessRules(Settings):
    """How old things may be, in days; 0 asks for nothing.

    Attributes:
        interactions: The newest interaction; nothing by default, as the public data sets are of the past.
        ingestion: The last ingestion.
        champion: The champion.
    """

    interactions: float = Field(default=0, ge=0)
    ingestion: float = Field(default=3, ge=0)
    champion: float = Field(default=0, ge=0)


class ServiceRules(Settings):
    """What a running service must be like.

    Attributes:
        timeout_seconds: How long it may take to say how it is.
        spool_bytes: How much feedback may wait for the event store.
    """

    timeout_seconds: float = Field(default=5, gt=0)
    spool_bytes: int = Field(default=1_000_000, ge=0)


class MonitoringRules(Settings):
    """When monitoring raises an alarm.

    Attributes:
        inputs: Drift of what comes in.
        predictions: Drift of lists.
        outcomes: Likes and skips.
        freshness: Age of the data and of the model.
        service: The running service.
        repeat_hours: An alarm that goes on is sent again after so many hours.
    """

    inputs: InputRules = InputRules()
    predictions: PredictionRules = PredictionRules()
    outcomes: OutcomeRules = OutcomeRules()
    freshness: FreshnessRules = FreshnessRules()
    service: ServiceRules = ServiceRules()
    repeat_hours: float = Field(default=24, gt=0)
