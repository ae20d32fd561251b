"""The usual request for a list, read in a third of the time.

Nearly every request is a history, a length and nothing else. msgspec reads exactly that; whatever it does not take
(further fields, a number as a text, a mistake) is read by ``RecommendationsRequest``, which alone decides what is an
error and what is said about it. What both take, both take for the same (a test holds them to it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec

from pipelines.recommenders.rerank import NO_WISHES, Filters, Wishes
from serving.schemas.common import MAX_HISTORY, MAX_ID_LENGTH, MAX_K
from serving.schemas.lists import MAX_REASONS, RecommendationsRequest

_TrackId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_LENGTH)]
_Weight = Annotated[float, msgspec.Meta(gt=0, le=1e9)]


class QuickRequest(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A history, and how long the list is to be."""

    history: Annotated[dict[_TrackId, _Weight], msgspec.Meta(max_length=MAX_HISTORY)]
    k: Annotated[int, msgspec.Meta(ge=1, le=MAX_K)] = 20
    reasons: Annotated[int, msgspec.Meta(ge=0, le=MAX_REASONS)] = 3
    exclude: Annotated[list[_TrackId], msgspec.Meta(max_length=MAX_HISTORY)] = []

    #: A history names nobody.
    user_id: ClassVar[None] = None

    def weights(self) -> dict[str, float]:
        """Return the history."""
        return self.history

    def wishes(self, blocked_artists: Sequence[str] = ()) -> Wishes:
        """Return the artists the listener has blocked at other times; there are no other wishes."""
        return Wishes(Filters(artists=tuple(blocked_artists))) if blocked_artists else NO_WISHES


_read = msgspec.json.Decoder(QuickRequest).decode


def read_request(body: bytes) -> QuickRequest | RecommendationsRequest:
    """Return a request for recommendations.

    Raises:
        pydantic.ValidationError: It is none.
    """
    try:
        return _read(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return RecommendationsRequest.model_validate_json(body)
