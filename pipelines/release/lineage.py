"""From data to a served list and back: the line of each model, and the lines that any id leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from pipelines.data.consent import Consent
from pipelines.data.provenance import Provenance
from pipelines.errors import UnknownIdError

#: Shorter beginnings of an id could be anything.
_LEAST_PREFIX: Final = 6


@dataclass(frozen=True)
class RowSource:
    """Where some rows of a snapshot come from.

    Attributes:
        provenance: Origin, licence and permitted uses.
        rows: How many interactions.
        newest: The time of the newest one (ISO 8601); None where none has a time.
        consents: What people agreed to about this source, as far as the model learned from it, and how that stands.
    """

    provenance: Provenance
    rows: int
    newest: str | None
    consents: tuple[Consent, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        consents = [{**asdict(each), "uses": sorted(each.uses), "active": each.active} for each in self.consents]
        return {**self.provenance.to_json(), "rows": self.rows, "newest": self.newest, "consents": consents}


@dataclass(frozen=True)
class Line:
    """One model, from the rows it learned from to where it is served.

    Attributes:
        training_id: The training, and its MLflow run; None where its record is gone.
        trained_at: When it was finished (ISO 8601, UTC).
        model_version: Its version in the MLflow registry.
        recommender: The kind of model.
        bundle_id: Its bundle.
        snapshot_id: The data.
        config_hash: The training configuration.
        commit: The commit of the code.
        engine: What did the work of the training: "local" or "spark".
        verdict: "promoted" or "refused", and why, as decided last; None where nothing was decided.
        policy: The hash of the policy it was decided by.
        role: Its state now: champion, previous, canary, shadow or candidate.
        bentos: Tags of the Bentos that were built from it.
        sources: Where the rows come from.
        gone: What of it is not there any more, or cannot be read.
    """

    training_id: str | None
    trained_at: str | None
    model_version: str | None
    recommender: str
    bundle_id: str
    snapshot_id: str
    config_hash: str
    commit: str | None
    engine: str = "local"
    verdict: str | None = None
    policy: str | None = None
    role: str = "candidate"
    bentos: tuple[str, ...] = ()
    sources: tuple[RowSource, ...] = ()
    gone: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        plain = replace(self, sources=())
        return {**asdict(plain), "sources": [source.to_json() for source in self.sources]}


@dataclass(frozen=True)
class Served:
    """A list that a listener was shown.

    Attributes:
        request_id: Its request.
        bundle_id: The model that made it.
        at: When (ISO 8601, UTC).
        shadow_id: The bundle that made another one beside it, unseen; None where there was no shadow.
        shadow_overlap: The share of its tracks that the shadow's list has as well.
    """

    request_id: str
    bundle_id: str
    at: str
    shadow_id: str | None = None
    shadow_overlap: float | None = None


@dataclass(frozen=True)
class Trace:
    """What an id leads to.

    Attributes:
        kinds: What it is: a training, bundle, snapshot, commit, ...
        lines: The models it belongs to, the latest first.
        served: The list, where it is a request.
    """

    kinds: tuple[str, ...]
    lines: tuple[Line, ...]
    served: Served | None = None

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        served = asdict(self.served) if self.served else None
        return {"kinds": list(self.kinds), "served": served, "lines": [line.to_json() for line in self.lines]}


def trace(lines: Sequence[Line], anything: str, request: Callable[[str], Served | None]) -> Trace:
    """Return the lines that an id belongs to.

    Args:
        lines: All models that are known.
        anything: A training, MLflow run, model version ("7", "crossfade/7"), bundle, snapshot, configuration, commit,
            Bento tag, source, consent or request id; ids may be cut off after six characters.
        request: Finds a list by its request id.

    Raises:
        UnknownIdError: Nothing has this id.
    """
    served = request(anything)
    found: dict[str, list[Line]] = {}
    for line in lines:
        for kind in _kinds(line, anything):
            found.setdefault(kind, []).append(line)
    if served is not None:
        found["request"] = [line for line in lines if line.bundle_id == served.bundle_id]
    if not found:
        raise UnknownIdError(
            f"nothing here has the id '{anything}'",
            remedy="Give a training, model version, bundle, snapshot, commit, Bento tag, source, consent or request id",
        )
    # A training has one line, so the first of each is all of it.
    unique = {(line.training_id, line.bundle_id): line for each in found.values() for line in each}
    latest_first = sorted(unique.values(), key=lambda line: line.trained_at or "", reverse=True)
    return Trace(tuple(found), tuple(latest_first), served)


def _kinds(line: Line, anything: str) -> Iterable[str]:
    """Yield what an id is to a line."""
    whole_or_cut = {
        "training": line.training_id,
        "bundle": line.bundle_id,
        "snapshot": line.snapshot_id,
        "configuration": line.config_hash,
        "commit": line.commit,
    }
    for kind, value in whole_or_cut.items():
        if value is not None and (value == anything or (len(anything) >= _LEAST_PREFIX and value.startswith(anything))):
            yield kind
    if line.model_version is not None and anything in {line.model_version, f"crossfade/{line.model_version}"}:
        yield "model version"
    if anything in line.bentos:
        yield "bento"
    for source in line.sources:
        if anything == source.provenance.source:
            yield "source"
        if any(anything == consent.consent_id for consent in source.consents):
            yield "consent"
