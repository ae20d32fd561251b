"""Entity resolution: the same recording from several sources becomes one track."""

from pipelines.data.entities.corrections import Corrections, read_corrections
from pipelines.data.entities.explaining import Described, MatchExplanation, describe, explain_match
from pipelines.data.entities.joined import join_catalogue
from pipelines.data.entities.matches import Matches
from pipelines.data.entities.rates import JoinRate, join_rates, known_elsewhere
from pipelines.data.entities.resolution import Resolution, resolve

__all__ = [
    "Corrections",
    "Described",
    "JoinRate",
    "MatchExplanation",
    "Matches",
    "Resolution",
    "describe",
    "explain_match",
    "join_catalogue",
    "join_rates",
    "known_elsewhere",
    "read_corrections",
    "resolve",
]
