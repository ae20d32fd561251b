"""What the champion is to its refresh: what it had learned, and how much of that is still about something."""

from __future__ import annotations

from pipelines.config import CandidateConfig
from pipelines.evaluation.stand_in import Learned
from pipelines.release.model_bundle import ModelBundle


def learned_by(bundle: ModelBundle) -> Learned:
    """Return what a bundle's model has learned from, and how."""
    config = bundle.recommender.config.model_dump(mode="json")
    recipe = CandidateConfig(name=bundle.recommender.name, params=config)
    return Learned(recipe, bundle.users.ids, bundle.tracks.ids, bundle.histories)


def kept_share(champion: ModelBundle, challenger: ModelBundle) -> float:
    """Return the share of what the champion has learned that is about tracks the challenger knows, too."""
    known = challenger.indices(champion.tracks.ids) >= 0
    return float(champion.listeners[known].sum() / max(1, champion.listeners.sum()))
