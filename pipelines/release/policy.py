"""The promotion policy as data: what a challenger must show, frozen and hashed; see ``infra/config/policy.toml``."""

from __future__ import annotations

from pydantic import Field

from pipelines.config import Protocol, Settings


class PowerRules(Settings):
    """How much a test must be able to see before its answer counts.

    Attributes:
        effect: The gain worth seeing, as a share of the larger of the two means.
        least: The least chance of seeing it; 0 asks for none.
    """

    effect: float = Field(default=0.1, gt=0)
    least: float = Field(default=0.8, ge=0, lt=1)


class GuardRules(Settings):
    """For whom a challenger must not be worse: each part has to show that it is not (non-inferiority).

    Attributes:
        divisions: What listeners are divided by (``pipelines.evaluation.segments``); one the data do not allow is
            left out.
        margin: By how much the challenger may be worse in a segment, as a share of the other's mean there.
        least_share: A segment with a smaller share of the tested listeners is not guarded.
    """

    divisions: tuple[str, ...] = ("history length", "activity", "long-tail share")
    margin: float = Field(default=0.1, ge=0)
    least_share: float = Field(default=0.1, ge=0, le=1)


class BehaviourDemands(Settings):
    """Which behavioural checks must pass; one the data do not allow is no obstacle.

    Attributes:
        must_pass: Their names (``pipelines.evaluation.behaviour``).
    """

    must_pass: tuple[str, ...] = ("blocked_tracks", "duplicate_play", "order_of_history", "personal_lists")


class LeakageRules(Settings):
    """How much of what is tested may have been learned from (``pipelines.evaluation.leakage``).

    Attributes:
        twins: Largest share of the tested listeners who have nearly the same history as one that was learned from.
    """

    twins: float = Field(default=0.02, ge=0, le=1)


class Budget(Settings):
    """What the model may cost when it is served, as measured on this machine (``pipelines.release.measuring``).

    The defaults are far above what a good model takes: they stop what cannot be served, not what met a busy machine.

    Attributes:
        latency_ms: Largest time of one list, in ms (95 of 100 lists are faster; the median of several rounds).
        memory_mb: Largest memory of a process that serves it, in MB.
        bundle_mb: Largest size on disk, in MB.
    """

    latency_ms: float = Field(default=500.0, gt=0)
    memory_mb: float = Field(default=8_000.0, gt=0)
    bundle_mb: float = Field(default=4_000.0, gt=0)


class Freshness(Settings):
    """How old the data may be.

    Attributes:
        max_age_days: Largest age of the newest interaction in days; 0 asks for none, as for data sets of the past.
        max_behind_days: A champion that has not learned more than so many of the last days of listening is stale, and
            'crossfade doctor' says so; 0 asks for none.
    """

    max_age_days: float = Field(default=0.0, ge=0)
    max_behind_days: float = Field(default=30.0, ge=0)


class OnlineRules(Settings):
    """What listeners have to say about a canary (``pipelines.release.online``).

    Attributes:
        required: Whether a challenger has to hold as canary before it is promoted. If not, one that was a canary and
            broke a guard rail is refused all the same.
        skips_margin: By how much skips for each list shown may rise, as a share of the champion's.
        likes_margin: By how much likes for each list shown may fall, likewise.
        alarm: The chance that a canary as good as the champion is ever called worse, however often one looks.
        scale: The size of differences the test is tuned to, as a share of the champion's rate.
        least_listeners: Before so many listeners have seen each of the two, nothing is decided.
        least_events: Before so many likes, or skips, nothing is decided about them.
    """

    required: bool = False
    skips_margin: float = Field(default=0.02, ge=0)
    likes_margin: float = Field(default=0.02, ge=0)
    alarm: float = Field(default=0.05, gt=0, lt=0.5)
    scale: float = Field(default=0.2, gt=0)
    least_listeners: int = Field(default=100, ge=2)
    least_events: int = Field(default=50, ge=1)


class PromotionPolicy(Settings):
    """What a challenger must show.

    Attributes:
        metric: The metric that decides.
        protocol: The protocol that decides.
        baselines: Candidates the challenger must beat, besides the champion.
        min_gain: By how much, as a share of the other's mean, the whole interval must lie above (0: just above).
        strict: Whether power and guarded segments count where there is no champion of another recipe to lose: for the
            first promotion, when nothing is served yet, and for a refresh, whose whole interval has to lie within the
            margin then. If not, they are told and do not decide.
        refresh_margin: A champion's own recipe, trained on newer data, is promoted where it is not worse by more than
            this share than with what the champion had learned, on the same folds.
        least_kept: The share of what the champion had learned that must be about tracks the challenger knows, where
            both come from the same sources.
        confidence: Coverage of each interval.
        resamples: Bootstrap resamples.
        seed: Seed of the resampling.
        power: How much the comparison must be able to see.
        guard: For whom the challenger must not be worse.
        behaviour: Which behavioural checks must pass.
        leakage: How much of what is tested may have been learned from.
        budget: What serving may cost.
        freshness: How old the data may be.
        online: What listeners have to say.
    """

    metric: str = "ndcg@10"
    protocol: Protocol = "unseen-users"
    baselines: tuple[str, ...] = ("popularity", "item-knn")
    min_gain: float = Field(default=0.0, ge=0)
    strict: bool = False
    refresh_margin: float = Field(default=0.05, ge=0)
    least_kept: float = Field(default=0.8, ge=0, le=1)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    resamples: int = Field(default=2_000, ge=100)
    seed: int = Field(default=20_260_630, ge=0)
    power: PowerRules = PowerRules()
    guard: GuardRules = GuardRules()
    behaviour: BehaviourDemands = BehaviourDemands()
    leakage: LeakageRules = LeakageRules()
    budget: Budget = Budget()
    freshness: Freshness = Freshness()
    online: OnlineRules = OnlineRules()
