"""Every answer that is not a success, in one form: what is wrong, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

from pipelines.errors import (
    AccessError,
    BundleError,
    ConfigError,
    CrossfadeError,
    NotAllowedError,
    NotIdentifiedError,
    NotPermittedError,
    NotSupportedError,
    ReleaseError,
    RemoteError,
    ServiceError,
    SourceError,
    StoreError,
    TooManyCallsError,
    UnknownIdError,
    WrongHostError,
)
from serving.schemas import ErrorAnswer, Problem

#: Marks an answer that is in our form already; it does not leave the service.
IN_OUR_FORM = "X-Crossfade-Problem"

#: The status of each kind of error; what is not named here is our fault (500).
_STATUS: Mapping[type[CrossfadeError], HTTPStatus] = {
    NotIdentifiedError: HTTPStatus.UNAUTHORIZED,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    WrongHostError: HTTPStatus.MISDIRECTED_REQUEST,
    UnknownIdError: HTTPStatus.NOT_FOUND,
    NotSupportedError: HTTPStatus.CONFLICT,
    ReleaseError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyCallsError: HTTPStatus.TOO_MANY_REQUESTS,
    BundleError: HTTPStatus.SERVICE_UNAVAILABLE,
    RemoteError: HTTPStatus.SERVICE_UNAVAILABLE,  # no model has come from the bucket yet
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    ServiceError: HTTPStatus.SERVICE_UNAVAILABLE,
    NotPermittedError: HTTPStatus.FORBIDDEN,  # somebody has not agreed to it
    AccessError: HTTPStatus.SERVICE_UNAVAILABLE,  # another service refused, or did not answer
    SourceError: HTTPStatus.UNPROCESSABLE_ENTITY,  # a file that cannot be read
    ConfigError: HTTPStatus.SERVICE_UNAVAILABLE,  # a bundle of a recommender that is not installed here
}

_SEE_THE_SCHEMA = "See /docs.json for the calls, their fields and limits"

#: What to say of an answer that has only a status.
_WORDS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("the request cannot be understood", _SEE_THE_SCHEMA),
    HTTPStatus.NOT_FOUND: ("there is nothing at this address", _SEE_THE_SCHEMA),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "this address takes another method",
        "POST what is a call, with a JSON body; GET what is a page, /metrics or a health check",
    ),
    HTTPStatus.REQUEST_TIMEOUT: ("the request took too long to arrive", "Send it again, all at once"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("the request's body is too large", _SEE_THE_SCHEMA),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "a body of this type is not taken",
        "Send the header 'Content-Type: application/json'",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("the request's headers are too large", "Send fewer or shorter ones"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("the service cannot answer now", "Try again in a moment"),
    HTTPStatus.GATEWAY_TIMEOUT: ("the answer took too long", "Try again in a moment, or ask for less"),
}
#: What to say instead of pydantic's own words, which are its programmers', by its kind of error.
_BETTER_WORDS: Mapping[str, str] = {
    "extra_forbidden": "this call has no such field",
    "missing": "this field is missing",
}
_OUR_FAULT = ("the service failed on this call", "Look for the request id in the service's log")


def error_response(error: CrossfadeError, request_id: str) -> JSONResponse:
    """Return one of our own errors as a response; where it happened (a path of this machine, say) is for the log."""
    status = status_of(type(error))
    problem = Problem(what=error.what, remedy=error.remedy or "Look into the service's log")
    response = problem_response(status, problem, request_id)
    if isinstance(error, TooManyCallsError):
        response.headers["Retry-After"] = str(error.seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="crossfade"'
    return response


def status_of(kind: type[CrossfadeError]) -> HTTPStatus:
    """Return the status a kind of error is answered with."""
    known = (status for each, status in _STATUS.items() if issubclass(kind, each))
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem_response(status: int, problem: Problem, request_id: str) -> JSONResponse:
    """Return a problem as a response."""
    content = ErrorAnswer(error=problem, request_id=request_id).model_dump()
    return JSONResponse(content, status_code=status, headers={IN_OUR_FORM: "yes"})


def problem_of(status: int, body: bytes = b"") -> Problem:
    """Put into words what a library below us answered with: validation errors in its JSON, or only a status."""
    if status == HTTPStatus.BAD_REQUEST:
        details = _validation_errors(body)
        if details:
            return Problem(what="; ".join(map(_in_words, details[:3])), remedy=_SEE_THE_SCHEMA)
    what, remedy = _WORDS.get(status, _WORDS[400] if status < HTTPStatus.INTERNAL_SERVER_ERROR else _OUR_FAULT)
    return Problem(what=what, remedy=remedy)


def _validation_errors(body: bytes) -> list[dict[str, Any]]:
    """Return pydantic's errors from BentoML's answer to a request that does not fit its schema."""
    try:
        details = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return []
    return [entry for entry in details if isinstance(entry, dict)] if isinstance(details, list) else []


def _in_words(error: Mapping[str, Any]) -> str:
    """Return one of pydantic's errors as a clause ("'k': input should be less than or equal to 200")."""
    said = _BETTER_WORDS.get(str(error.get("type"))) or error.get("msg", "it does not fit the schema")
    message = str(said).removeprefix("Value error, ")
    place = ".".join(str(part) for part in error.get("loc", ()) if part != "[key]")
    clause = message[:1].lower() + message[1:]
    return f"'{place}': {clause}" if place else clause
