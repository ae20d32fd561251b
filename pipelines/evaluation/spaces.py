"""What ``crossfade tune`` searches where the configuration names no ranges: a space for each recommender."""

from __future__ import annotations

from typing import Any, TypeAlias

from pipelines.config import CandidateConfig, Range, SearchBudget

Space: TypeAlias = dict[str, tuple[Any, ...] | Range]

_WEIGHTING: tuple[Any, ...] = ("log", "binary", "sqrt-log")
_SLIM: Space = {
    "weighting": _WEIGHTING,
    "reg": Range(low=0.5, high=40.0, log=True),
    "listener_power": Range(low=0.0, high=1.0),
    "track_power": Range(low=0.0, high=0.6),
    "popularity": Range(low=0.0, high=0.3),
}
_ALS: Space = {
    "factors": Range(low=16, high=256, log=True),
    "reg": Range(low=0.01, high=100.0, log=True),
    "alpha": Range(low=0.5, high=50.0, log=True),
    "weighting": _WEIGHTING,
}
_BLEND: Space = {"ridge": Range(low=1e-4, high=0.1, log=True), "depth": Range(low=30, high=300, log=True)}
_SPACES: dict[str, Space] = {
    "popularity-recent": {"half_life": Range(low=2.0, high=365.0, log=True)},
    "item-knn": {"neighbours": Range(low=20, high=500, log=True), "weighting": _WEIGHTING},
    "item-knn-bm25": {
        "neighbours": Range(low=20, high=500, log=True),
        "k1": Range(low=0.1, high=20.0, log=True),
        "b": Range(low=0.0, high=1.0),
    },
    "als": _ALS,
    "bpr": {
        "factors": Range(low=16, high=256, log=True),
        "learning_rate": Range(low=0.005, high=0.2, log=True),
        "reg": Range(low=0.001, high=0.3, log=True),
        "fold_in_reg": Range(low=0.3, high=30.0, log=True),
    },
    "content": {
        "weighting": _WEIGHTING,
        "artists": Range(low=0.01, high=10.0, log=True),
        "tags": Range(low=0.01, high=10.0, log=True),
        "genres": Range(low=0.01, high=10.0, log=True),
        "era": Range(low=0.01, high=10.0, log=True),
        "audio": Range(low=0.01, high=10.0, log=True),
    },
    "slim": _SLIM,
    "recent": _SLIM | {"half_life": Range(low=14.0, high=1_500.0, log=True)},
    "hybrid": _SLIM
    | {
        "artists": Range(low=0.1, high=10.0, log=True),
        "tags": Range(low=0.1, high=10.0, log=True),
        "genres": Range(low=0.01, high=10.0, log=True),
        "audio": Range(low=0.0, high=1.0),
    },
    "hybrid-als": _ALS
    | {
        "artists": Range(low=0.3, high=30.0, log=True),
        "tags": Range(low=0.3, high=30.0, log=True),
        "genres": Range(low=0.3, high=30.0, log=True),
    },
    "blend": _BLEND,
    "ranker": {
        "trees": Range(low=20, high=200, log=True),
        "learning_rate": Range(low=0.02, high=0.2, log=True),
        "leaves": Range(low=4, high=64, log=True),
        "least": Range(low=10, high=500, log=True),
        "shrinkage": Range(low=1.0, high=100.0, log=True),
    },
}


def to_be_tuned(candidate: CandidateConfig, budget: SearchBudget | None = None) -> CandidateConfig | None:
    """Return the candidate with ranges to search: its own, else those known for its recommender; None without any.

    The first values of its lists, which a training takes unless others are clearly better, become its defaults.

    Args:
        candidate: The candidate as the configuration has it.
        budget: What the search may cost instead of what the configuration says.
    """
    budget = budget or candidate.search_budget
    if candidate.has_ranges:
        return candidate.model_copy(update={"search_budget": budget})
    if candidate.name not in _SPACES:
        return None
    firsts = {key: values[0] for key, values in candidate.search.items() if not isinstance(values, Range)}
    params = candidate.params | firsts
    return CandidateConfig(
        name=candidate.name,
        params=params,
        search={key: _with_first(values, params.get(key)) for key, values in _SPACES[candidate.name].items()},
        search_budget=budget,
        search_with=candidate.search_with,
    )


def _with_first(values: tuple[Any, ...] | Range, default: Any) -> tuple[Any, ...] | Range:
    """Return a list with the default in it."""
    if isinstance(values, Range) or default is None or default in values:
        return values
    return (default, *values)
