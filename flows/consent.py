"""Consent where flows and commands need it: what may be used now, and on which consent a person's rows rest."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from flows.outbox import collect_letters
from flows.settings import Settings
from pipelines.data.consent import ConsentLedger
from pipelines.data.consent_text import consent_text
from pipelines.data.people import listener_name, person_id
from pipelines.data.permissions import Permissions
from pipelines.data.provenance import FROM_SPOTIFY_API, Use
from pipelines.errors import NotPermittedError
from pipelines.features.dataset import Dataset
from pipelines.home import Home
from pipelines.sources import source_names, source_type
from pipelines.sources.base import Reading


def permissions_of(settings: Settings) -> Permissions:
    """Return what people and the owner of the installation have agreed to, as it stands now.

    Raises:
        CrossfadeError: The ledger of consents is damaged, or a store that services share cannot be asked.
    """
    collect_letters(settings)
    standing = ConsentLedger(settings.layout.consents).standing()
    return Permissions(standing, train_on_spotify_api=settings.train_on_spotify_api)


def basis_of(dataset: Dataset, permissions: Permissions) -> dict[str, Any]:
    """Return what a training rests on besides its data: the consents of its rows, and the owner's decision."""
    return {"consents": list(dataset.consents), "train_on_spotify_api": permissions.train_on_spotify_api}


def may_still_be_used(lineage: Mapping[str, Any], permissions: Permissions) -> bool:
    """Tell whether a model that was trained earlier rests only on what may train today.

    Args:
        lineage: Where the model comes from, as its bundle says.
        permissions: What may be used now.
    """
    basis = lineage.get("permissions", {})
    standing = {consent.consent_id for consent in permissions.covering(Use.TRAIN)}
    on_spotify_api = bool(basis.get("train_on_spotify_api")) and not FROM_SPOTIFY_API.isdisjoint(lineage["sources"])
    return standing.issuperset(basis.get("consents", ())) and (permissions.train_on_spotify_api or not on_spotify_api)


def person_of(source: str, options: Mapping[str, Any]) -> str | None:
    """Return the user id of the person whose data a source holds; None where it is not one person's.

    Raises:
        ConfigError: There is no such source, or the name of the listener cannot be one.
    """
    kind = source_type(source)
    if kind.reading is not Reading.PERSON:
        return None
    return person_id(str(options.get("listener", kind.options_type.model_fields["listener"].default)))


def with_consent(source: str, options: Mapping[str, Any], home: Home) -> dict[str, Any]:
    """Return the options of a source with the consent its rows rest on; other sources' options as they are.

    Raises:
        ConfigError: There is no such source, or the name of the listener cannot be one.
        NotPermittedError: The person has not agreed to the words that are shown today, or has taken it back.
    """
    person = person_of(source, options)
    if person is None:
        return dict(options)
    consent = ConsentLedger(home.consents).find(person, source, consent_text(source))
    listener = listener_name(person)
    if consent is None or options.get("consent") not in {None, consent.consent_id}:
        raise NotPermittedError(
            f"'{listener}' has not agreed to the use of this data, or has taken it back",
            where=f"source '{source}'",
            remedy=f"'crossfade consent grant {shlex.quote(listener)} {source}' shows the words and asks",
        )
    return {**options, "consent": consent.consent_id}


def sources_of_people() -> tuple[str, ...]:
    """Return the names of the sources that hold one person's own data."""
    return tuple(name for name in source_names() if source_type(name).reading is Reading.PERSON)
