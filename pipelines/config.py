"""Every number that changes a training's result: frozen, unknown keys are errors, hashed into runs and bundles."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.data.hashing import hash_json
from pipelines.errors import ConfigError

Protocol = Literal["unseen-users", "holdout", "time", "global-time"]

#: Candidates are compared by the nDCG of so many tracks.
COMPARED_AT: Final = 10


class Settings(BaseModel):
    """Base of all configuration: frozen, and a key nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def hash(self) -> str:
        """Return a short hash of all values."""
        return hash_json(self.model_dump(mode="json"))[:12]

    @classmethod
    def from_toml(cls, path: Path) -> Self:
        """Read a TOML file.

        Raises:
            ConfigError: The file is missing, is not TOML, or holds an unknown key or an impossible value.
        """
        try:
            return cls(**tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise ConfigError("there is no such file", where=str(path), remedy="Check the path") from error
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"it cannot be read as TOML: {error}", where=str(path)) from error
        except ValidationError as error:
            raise ConfigError(_first_problem(error), where=str(path), remedy="Mend the file") from error


class PreferenceRules(Settings):
    """How interactions become preference strengths, counted in plays, and ratings.

    Attributes:
        min_play_ms: A timed play shorter than this is no preference (Spotify's own threshold for a stream is 30 s).
        like: What a like adds, in plays; likewise the next two.
        save: What saving to the library adds.
        playlist_add: What putting a track on a playlist adds.
        rating_floor: A rating r (1 to 5) from here up adds r - rating_floor + 1 plays; a lower one, like a dislike,
            takes the track out of the history.
    """

    min_play_ms: int = Field(default=30_000, ge=0)
    like: float = Field(default=5.0, gt=0)
    save: float = Field(default=3.0, gt=0)
    playlist_add: float = Field(default=2.0, gt=0)
    rating_floor: float = Field(default=3.0, ge=1, le=5)


class FeedbackRules(Settings):
    """How feedback changes a listener's history between two trainings, counted in plays.

    What a like adds and which play counts is what training makes of them (``PreferenceRules``), so that a list does not
    jump when the model has learned what it was told.

    Attributes:
        like: What a like adds.
        play: What a play adds.
        skip: What a skip takes away.
        dislike: How much a disliked track speaks against its like; no skips take more.
        min_play_ms: A play known to be shorter than this is none.
    """

    like: float = Field(default=PreferenceRules.model_fields["like"].default, gt=0)
    play: float = Field(default=1.0, ge=0)
    skip: float = Field(default=1.0, ge=0)
    dislike: float = Field(default=PreferenceRules.model_fields["like"].default, ge=0)
    min_play_ms: int = Field(default=PreferenceRules.model_fields["min_play_ms"].default, ge=0)


class MatrixRules(Settings):
    """Which listeners and tracks enter the matrix.

    Attributes:
        core: Listeners with fewer tracks and tracks with fewer listeners are left out, repeatedly, until none is left
            (the k-core). Where that leaves too little, the largest smaller core that leaves something is taken.
    """

    core: int = Field(default=5, ge=1)


class GlobalTimeRules(Settings):
    """What the protocol "global-time" trains on and tests (the global temporal split of Yambda, Ploshkin et al. 2025).

    Attributes:
        train_days: How many days before the gap are trained on; all where it is left out.
        gap_minutes: How long before the tested window training ends: what a model in service would not know yet.
        test_days: How long the tested window is, at the end.
        ends_at: When it ends; by default with the last interaction there is.
    """

    train_days: float | None = Field(default=300.0, gt=0)
    gap_minutes: float = Field(default=30.0, ge=0)
    test_days: float = Field(default=1.0, gt=0)
    ends_at: AwareDatetime | None = None


class EvaluationRules(Settings):
    """How candidates are measured.

    Attributes:
        protocols: "unseen-users": the listeners of a fold are held out of training, and part of each history is given;
            "holdout": part of every listener's history is held out; "time": all before a day is given, and the tracks a
            listener meets after it must be found; "global-time": the last day, as Yambda's benchmark tests it
            (``GlobalTimeRules``). The last two are left out where the data has no times.
        primary: The protocol that decides.
        folds: Folds of each protocol.
        listeners: How many listeners a fold tests at most, drawn by the seed; all where it is left out. Who is not
            drawn is not trained on instead: models stay the same, and so does the figure of everybody who is drawn.
        given: Share of an unseen listener's history that is given; the rest must be found.
        cutoffs: The list lengths k at which metrics are taken; 10 is among them, as nDCG@10 decides.
        seed: Seed of every split and bootstrap.
        bootstrap: Resamples behind each interval.
        confidence: Coverage of each interval.
        global_time: What the protocol of that name tests.
    """

    protocols: tuple[Protocol, ...] = ("unseen-users", "holdout")
    primary: Protocol = "unseen-users"
    folds: int = Field(default=5, ge=2)
    listeners: int | None = Field(default=None, ge=1)
    given: float = Field(default=0.8, gt=0, lt=1)
    cutoffs: tuple[int, ...] = (5, 10, 20, 50, 100)
    seed: int = Field(default=20_260_630, ge=0)
    bootstrap: int = Field(default=1_000, ge=100)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    global_time: GlobalTimeRules = GlobalTimeRules()

    @model_validator(mode="after")
    def _measures_what_decides(self) -> Self:
        if COMPARED_AT not in self.cutoffs or min(self.cutoffs) < 1:
            msg = f"'cutoffs' are lengths from 1, with {COMPARED_AT} among them: it is nDCG@{COMPARED_AT} that decides"
            raise ValueError(msg)
        return self


class BehaviourRules(Settings):
    """What a model that people are shown ought to do (``pipelines.evaluation.behaviour`` says how each is measured).

    Attributes:
        listeners: On how many listeners, drawn by the evaluation's seed, each check is made.
        liked_artist_rises: Least share of listeners for whom an artist rises when one track of theirs is liked.
        duplicate_play: Least share of a list that stays the same when one track is played once more.
        blocked_tracks: Largest share of blocked tracks that are shown nevertheless.
        order_of_history: Least share of a list that stays the same when the history comes in another order.
        near_duplicate: Least share of a list that another listener is shown who lacks one of the tracks.
        popularity_share: Largest share of the places that the most popular hundredth of the tracks may take.
        personal_lists: Largest share of a list that may be shown to any other listener as well, on average.
        dropped_history: Least share of a list that stays when a tenth of the history is dropped.
    """

    listeners: int = Field(default=200, ge=1)
    liked_artist_rises: float = Field(default=0.8, ge=0, le=1)
    duplicate_play: float = Field(default=0.9, ge=0, le=1)
    blocked_tracks: float = Field(default=0.0, ge=0, le=1)
    order_of_history: float = Field(default=0.99, ge=0, le=1)
    near_duplicate: float = Field(default=0.7, ge=0, le=1)
    popularity_share: float = Field(default=0.5, ge=0, le=1)
    personal_lists: float = Field(default=0.5, ge=0, le=1)
    dropped_history: float = Field(default=0.6, ge=0, le=1)


class Range(Settings):
    """The values of a hyper-parameter from ``low`` to ``high``; whole numbers where both are.

    Attributes:
        low: The least value.
        high: The largest.
        log: Search by orders of magnitude: as many values below ten as between ten and a hundred.
    """

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _has_values(self) -> Self:
        if self.low >= self.high:
            msg = "'low' has to be below 'high'"
            raise ValueError(msg)
        if self.log and self.low <= 0:
            msg = "only values above 0 have orders of magnitude"
            raise ValueError(msg)
        return self


class SearchBudget(Settings):
    """How much a search over ranges may cost; whichever is used up first ends it.

    Attributes:
        trials: Settings to try.
        minutes: Time; none where it is left out, and then the same data give the same choice on any machine.
        folds: Parts of the training listeners, each once kept apart to validate on.
    """

    trials: int = Field(default=30, ge=1)
    minutes: float | None = Field(default=None, gt=0)
    folds: int = Field(default=3, ge=2)


class CandidateConfig(Settings):
    """One candidate model.

    Attributes:
        name: The recommender's name.
        params: Fixed hyper-parameters; others keep their defaults.
        search: Hyper-parameter -> values to try, the default first, or a range. Lists alone are tried one parameter
            after the other, in this order; with a range among them Optuna searches all together
            (``pipelines.evaluation.search``). Both on parts of the training listeners; the held-out listeners never
            take part.
        search_budget: How much a search with ranges may cost.
        search_with: Hyper-parameters that stand in while searching, to make a trial cheap (fewer neighbours, say).
    """

    name: str
    params: dict[str, Any] = Field(default_factory=dict)
    search: dict[str, tuple[Any, ...] | Range] = Field(default_factory=dict)
    search_budget: SearchBudget = SearchBudget()
    search_with: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_something_to_try(self) -> Self:
        if () in self.search.values():
            msg = "a list of 'search' holds no value to try"
            raise ValueError(msg)
        return self

    @property
    def has_ranges(self) -> bool:
        """Whether a range is among the values to search."""
        return any(isinstance(values, Range) for values in self.search.values())


_SLIM: dict[str, tuple[Any, ...] | Range] = {
    "weighting": ("binary", "log"),
    "reg": (4.0, 8.0),
    "popularity": (0.0, 0.05),
}
_HYBRID: dict[str, tuple[Any, ...] | Range] = {
    "weighting": ("binary", "log"),
    "tags": (3.0, 1.0),
    "popularity": (0.05, 0.0),
}
_CHEAPLY: dict[str, Any] = {"neighbours": 50}


def _default_candidates() -> tuple[CandidateConfig, ...]:
    return (
        CandidateConfig(name="popularity"),
        CandidateConfig(name="item-knn"),
        CandidateConfig(name="als"),
        CandidateConfig(name="content"),
        CandidateConfig(name="slim", search=_SLIM, search_with=_CHEAPLY),
        CandidateConfig(name="hybrid", params={"reg": 6.0}, search=_HYBRID, search_with=_CHEAPLY),
    )


class TrainingConfig(Settings):
    """Everything that decides what a training gives, besides the data.

    Attributes:
        preferences: What interactions say.
        matrix: Who and what takes part.
        evaluation: How candidates are measured.
        behaviour: What the winner ought to do.
        candidates: The models that are measured side by side.
    """

    preferences: PreferenceRules = PreferenceRules()
    matrix: MatrixRules = MatrixRules()
    evaluation: EvaluationRules = EvaluationRules()
    behaviour: BehaviourRules = BehaviourRules()
    candidates: tuple[CandidateConfig, ...] = Field(default_factory=_default_candidates, min_length=1)

    def beside(self, names: Iterable[str]) -> Self:
        """Return the configuration with further candidates as they are by default; those it has stay as they are."""
        known = {candidate.name for candidate in self.candidates}
        more = (CandidateConfig(name=name) for name in dict.fromkeys(names) if name not in known)
        return self.model_copy(update={"candidates": (*self.candidates, *more)})


def load_config(path: Path | None = None) -> TrainingConfig:
    """Read the training configuration from a TOML file, or return the defaults.

    Raises:
        ConfigError: See ``Settings.from_toml``.
    """
    return TrainingConfig() if path is None else TrainingConfig.from_toml(path)


def _first_problem(error: ValidationError) -> str:
    """Say the first of a model's problems in a clause."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"the key '{place}' is not known" if first["type"] == "extra_forbidden" else f"'{place}': {first['msg']}"
