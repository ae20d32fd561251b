"""Which model is in which state of its release, as one small file that is replaced in one step.

A model is *candidate* until it is tried or served. A *shadow* answers beside the champion, and nobody sees its lists. A
*canary* answers a share of the listeners, always the same ones. The *champion* answers everybody else, and the
*previous* champion stays ready. The service reads this file; ``pipelines.release.moves`` changes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pipelines.errors import ReleaseError
from pipelines.home import Home
from pipelines.release.events import Event

Role = Literal["champion", "previous", "canary", "shadow", "candidate"]
TrialRole = Literal["shadow", "canary"]


@dataclass(frozen=True)
class Champion:
    """The model that is served.

    Attributes:
        bundle_id: Its bundle.
        previous: The bundle served before it; None for the first champion.
        since: When it became champion (ISO 8601, UTC).
        reason: Why, in a sentence.
    """

    bundle_id: str
    previous: str | None
    since: str
    reason: str


@dataclass(frozen=True)
class Trial:
    """A model on trial beside the champion.

    Attributes:
        bundle_id: Its bundle.
        share: The share of listeners who are shown its lists, above 0 and below 1; 0 for a shadow.
        since: When the trial began (ISO 8601, UTC).
        reason: Why, in a sentence.
    """

    bundle_id: str
    share: float
    since: str
    reason: str


@dataclass(frozen=True)
class Releases:
    """The state of the release.

    Attributes:
        champion: The model that is served.
        shadow: A model whose lists are computed, compared and shown to nobody.
        canary: A model whose lists are shown to a share of the listeners.
        event: The move that made this state; None where an earlier release wrote it.
    """

    champion: Champion
    shadow: Trial | None = None
    canary: Trial | None = None
    event: Event | None = None

    def answering(self, listener: str) -> str:
        """Return the bundle that answers a listener: the canary for its share of them, else the champion.

        The same listener gets the same answer for as long as the canary lasts, on every machine. Raising the share adds
        listeners and takes none away.
        """
        canary = self.canary
        # Not by the bundle: a canary outlives its bundle's id, which changes when somebody is forgotten.
        if canary is not None and place_of(listener, canary.since) < canary.share:
            return canary.bundle_id
        return self.champion.bundle_id

    def trial(self, role: TrialRole) -> Trial | None:
        """Return the shadow or the canary, where there is one."""
        return self.shadow if role == "shadow" else self.canary

    def without(self, role: TrialRole) -> Releases:
        """Return the state without the shadow or the canary."""
        return replace(self, shadow=None) if role == "shadow" else replace(self, canary=None)

    def in_use(self) -> dict[Role, str]:
        """Return the bundle of each state that is taken."""
        trials: dict[Role, Trial | None] = {"canary": self.canary, "shadow": self.shadow}
        found: dict[Role, str] = {"champion": self.champion.bundle_id}
        if self.champion.previous is not None:
            found["previous"] = self.champion.previous
        return found | {role: trial.bundle_id for role, trial in trials.items() if trial is not None}

    def role_of(self, bundle_id: str) -> Role:
        """Return the state of a bundle; the one that matters most where it is in two."""
        order: tuple[Role, ...] = ("champion", "canary", "shadow", "previous")
        used = self.in_use()
        return next((role for role in order if used.get(role) == bundle_id), "candidate")

    def to_json(self) -> dict[str, Any]:
        """Return the content of the file, the champion's fields first, as earlier releases wrote them."""
        rest = asdict(self)
        champion: dict[str, Any] = rest.pop("champion")
        return champion | rest


def place_of(listener: str, salt: str) -> float:
    """Return where a listener stands in [0, 1), as if drawn at random for each salt, and always the same."""
    digest = hashlib.blake2b(f"{salt}\0{listener}".encode(), digest_size=8).digest()
    # 53 bits: what a float holds exactly, so that the result is never rounded up to 1.
    return (int.from_bytes(digest) >> 11) / 2**53


def bundle_path(home: Home, bundle_id: str) -> Path:
    """Return the folder of a bundle."""
    return home.bundles / bundle_id


def read_releases(home: Home) -> Releases | None:
    """Return the state of the release, or None where nothing was ever promoted.

    Raises:
        ReleaseError: The file is damaged.
    """
    try:
        return releases_from(json.loads(home.champion.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ReleaseError(
            f"the champion pointer cannot be read ({error})",
            where=str(home.champion),
            remedy="'crossfade champion --mend' writes it again from the log of releases",
        ) from error


def releases_from(values: Mapping[str, Any]) -> Releases:
    """Return a state from its JSON form; earlier releases knew the champion only.

    Raises:
        ValueError: A value is impossible.
        TypeError: A field is missing or not known, or not of its type.
    """
    rest = dict(values)
    event = rest.pop("event", None)
    trials = {name: _trial(rest.pop(name, None)) for name in ("shadow", "canary")}
    releases = Releases(Champion(**rest), **trials, event=Event(**event) if event else None)
    named: list[object] = [releases.champion.bundle_id, *(trial.bundle_id for trial in trials.values() if trial)]
    if not all(isinstance(name, str) and name for name in named):
        raise ValueError("a bundle has no name")
    if releases.canary is not None and not 0 < releases.canary.share < 1:
        raise ValueError(f"the canary's share is {releases.canary.share}")
    return releases


def _trial(values: Mapping[str, Any] | None) -> Trial | None:
    return Trial(**values) if values else None
