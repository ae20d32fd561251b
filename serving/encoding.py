"""Answers as JSON, put together from the bytes of their tracks.

To make objects of eighty tracks and to write them out again is most of what a list costs; what is shown of a track does
not change while a bundle lives. The bytes are those that pydantic writes for the same answer (a test compares them).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from itertools import chain
from typing import TypeVar, cast

from pydantic_core import to_json
from starlette.background import BackgroundTask
from starlette.responses import Response

from serving.display import Display
from serving.engine import Explanation, Found, RankedList
from serving.schemas import Answer

AnswerType = TypeVar("AnswerType", bound=Answer)


class Ready(Response):
    """A response whose body and headers are bytes already."""

    def __init__(self, body: bytes, after: BackgroundTask | None = None) -> None:
        self.body = body
        self.status_code = HTTPStatus.OK
        self.background = after
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]


def encoded(_as: type[AnswerType], body: bytes, after: BackgroundTask | None = None) -> AnswerType:
    """Return an answer that is JSON already, for a call that promises this type: BentoML passes a response on as is.

    Args:
        body: The answer.
        after: What to do when it is on its way.
    """
    return cast("AnswerType", Ready(body, after))


def recommendations(
    display: Display, ranked: RankedList, version: str, request_id: str, degraded: Sequence[str] = ()
) -> bytes:
    """Return a ``RecommendationsAnswer``.

    A list of twenty is put together from two hundred pieces: one template that fits its shape takes them all at once.
    """
    places, own, shares = (part.tolist() for part in ranked.reasons)
    n = len(ranked.tracks)
    numbers = _numbers([*ranked.scores, *shares])
    shown = display.raw_of({*ranked.tracks, *own})  # a list has few reasons, over and over
    reasons = list(chain.from_iterable(zip([shown[track] for track in own], numbers[n:], strict=True)))
    counts = [0] * n
    for place in places:
        counts[place] += 1
    pieces: list[bytes] = []
    start = 0
    for track, score, count in zip(ranked.tracks, numbers, counts, strict=False):
        stop = start + 2 * count
        pieces += (score, shown[track], *reasons[start:stop])
        start = stop
    entries = b",".join(map(_entry, range(1, n + 1), counts)) % tuple(pieces)
    return b'{%b,"basis":"%b","recommendations":[%b],"unknown_tracks":%b,"degraded":%b}' % (
        _signature(version, request_id),
        ranked.basis.encode(),
        entries,
        to_json(ranked.unknown_tracks),
        to_json(degraded),
    )


@cache
def _entry(rank: int, reasons: int) -> bytes:
    """Return the template of a ``Recommended`` with so many reasons; there are as many as lists may be long."""
    because = b",".join([b'{"track":%b,"share":%b}'] * reasons)
    return b'{"rank":%d,"score":%%b,"track":%%b,"because":[%b]}' % (rank, because)


def similar(display: Display, track: int, found: Found, version: str, request_id: str) -> bytes:
    """Return a ``SimilarAnswer``."""
    entries = [
        b'{"rank":%d,"score":%b,"track":%b}' % (rank, score, display.raw(index))
        for rank, (index, score) in enumerate(zip(found.tracks, _numbers(found.scores), strict=True), start=1)
    ]
    signature = _signature(version, request_id)
    return b'{%b,"track":%b,"similar":[%b]}' % (signature, display.raw(track), b",".join(entries))


def explanation(
    display: Display, found: Explanation, version: str, request_id: str, degraded: Sequence[str] = ()
) -> bytes:
    """Return an ``ExplainAnswer``."""
    entries = [
        b'{"track":%b,"amount":%b,"share":%b}' % (display.raw(track), amount, share)
        for track, amount, share in zip(found.tracks, _numbers(found.amounts), _numbers(found.shares), strict=True)
    ]
    return b'{%b,"track":%b,"score":%b,"contributions":[%b],"unknown_tracks":%b,"degraded":%b}' % (
        _signature(version, request_id),
        display.raw(found.track),
        to_json(found.score),
        b",".join(entries),
        to_json(found.unknown_tracks),
        to_json(degraded),
    )


def tracks(display: Display, found: Sequence[int], version: str, request_id: str) -> bytes:
    """Return a ``SearchAnswer``."""
    shown = b",".join(display.raw(index) for index in found)
    return b'{%b,"tracks":[%b]}' % (_signature(version, request_id), shown)


def _numbers(numbers: Sequence[float]) -> list[bytes]:
    """Return numbers as JSON, all at once."""
    return to_json(numbers)[1:-1].split(b",") if numbers else []


def _signature(version: str, request_id: str) -> bytes:
    """Return what every answer begins with; both are of letters that need no escape."""
    return b'"model_version":"%b","request_id":"%b"' % (version.encode(), request_id.encode())
