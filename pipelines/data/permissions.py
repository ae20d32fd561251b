"""What may be done with a row: what its source's terms permit, and what the person it is about has agreed to.

A row may be used where its source permits the use and, if it is about a person whose own data were read, or names a
consent, that consent stands, covers the use, and is this person's about this source. Everything else is withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.data import columns as c
from pipelines.data.consent import Consent
from pipelines.data.hashing import hash_json
from pipelines.data.people import PREFIX
from pipelines.data.provenance import Provenance, Use, permitting_sources
from pipelines.data.tables import Table

#: Between the parts of a key. Nothing in a consent holds it, so no other row has the key of a consent.
_SEPARATOR: Final = "\x1f"
#: Tracks, one row each or one row a source.
_T = TypeVar("_T", bound=Table)


@dataclass(frozen=True)
class Permissions:
    """What people and the owner of the installation have agreed to.

    Attributes:
        consents: The consents that stand.
        train_on_spotify_api: The owner's decision that rows of the Spotify Web API train as well.
    """

    consents: tuple[Consent, ...] = ()
    train_on_spotify_api: bool = False

    def covering(self, use: Use) -> tuple[Consent, ...]:
        """Return the consents that cover a use."""
        return tuple(consent for consent in self.consents if consent.active and use in consent.uses)

    def to_json(self) -> dict[str, Any]:
        """Return what decides about rows, and nothing else, JSON-ready."""
        return {
            "consents": {consent.consent_id: sorted(consent.uses) for consent in self.consents if consent.active},
            "train_on_spotify_api": self.train_on_spotify_api,
        }

    def hash(self) -> str:
        """Return a short hash of what decides about rows."""
        return hash_json(self.to_json())[:12]


#: Nobody has agreed to anything: rows about nobody's own data may be used as far as their sources permit.
NOTHING_AGREED: Final = Permissions()


def permitted(rows: pa.Table, use: Use, provenance: Sequence[Provenance], permissions: Permissions) -> pa.ChunkedArray:
    """Tell for each row whether it may be used.

    Args:
        rows: Rows of any of the three tables.
        use: What they are wanted for.
        provenance: Where the rows come from; a source that is not named permits nothing.
        permissions: What people and the owner have agreed to.

    Returns:
        One boolean a row, without nulls.
    """
    sources = permitting_sources(provenance, use, train_on_spotify_api=permissions.train_on_spotify_api)
    open_source = pc.is_in(rows[c.SOURCE], value_set=pa.array(sources, pa.string()))
    if c.USER_ID in rows.column_names:
        needs = pc.or_(_is_person(rows[c.USER_ID]), pc.is_valid(rows[c.CONSENT]))
        names = [c.USER_ID, c.SOURCE, c.CONSENT]
        agreed = [[each.person, each.source, each.consent_id] for each in permissions.covering(use)]
    elif c.OWNER in rows.column_names:
        needs, names = _is_person(rows[c.OWNER]), [c.OWNER, c.SOURCE]
        agreed = [[each.person, each.source] for each in permissions.covering(use)]
    else:
        return open_source
    if not pc.any(needs).as_py():
        return open_source
    covered = pc.is_in(_key(rows, names), value_set=pa.array([_SEPARATOR.join(key) for key in agreed], pa.string()))
    return pc.and_(open_source, pc.or_(pc.invert(needs), covered))


def usable_tracks(tracks: _T, use: Use, provenance: Sequence[Provenance], permissions: Permissions) -> _T:
    """Return tracks with nothing but the id (and the source) of tracks that may not be used so.

    The rows stay, in their order: a track that other sources' listeners play is still a track.
    """
    may = permitted(tracks.data, use, provenance, permissions)
    if pc.all(may).as_py():
        return tracks
    always = {c.TRACK_ID, c.SOURCE}
    shown = [
        column if field.name in always else pc.if_else(may, column, pa.scalar(None, field.type))
        for field, column in zip(tracks.data.schema, tracks.data.columns, strict=True)
    ]
    return type(tracks)(pa.table(shown, schema=tracks.data.schema))


def _is_person(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.starts_with(ids, PREFIX), fill_value=False)


def _key(rows: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """Return the columns joined to one text a row; null where one of them is missing."""
    return pc.binary_join_element_wise(*(rows[name] for name in names), _SEPARATOR)
