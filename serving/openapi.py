"""The OpenAPI document, made from the calls' own types: BentoML's would name its copies of them and not our errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from serving.identity.sessions import COOKIE, CSRF_HEADER
from serving.schemas import ErrorAnswer, ImportStarted

_MAY_FAIL_WITH = (400, 401, 403, 404, 409, 413, 415, 421, 429, 500, 503)

#: Who may call: anybody of this machine as far as nobody's data are read, a visitor's session, a program's key.
_SECURITY: Sequence[dict[str, list[str]]] = ({}, {"session": []}, {"key": []})
_SCHEMES = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": f"Made by /v1/session. Calls that change something also need the header {CSRF_HEADER}.",
    },
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made by 'crossfade keys create': scopes recommend, listen (any listener), admin.",
    },
}
_HEALTH = {
    "/healthz": "Whether the process is up; the same as /livez.",
    "/livez": "Whether the process is up.",
    "/readyz": "Whether there is a model, so that calls can be answered.",
}


#: What is no call of BentoML's, as its body is a file.
_UPLOAD: dict[str, Any] = {
    "operationId": "import",
    "tags": ["Calls"],
    "description": "Take in a file of the caller's own listening: the zip from Spotify, ListenBrainz or Exportify, or "
    "one with scrobbles as CSV. It is read beside the calls, and deleted when it has been read; ask /v1/import/status.",
    "parameters": [
        {
            "name": "consent",
            "in": "query",
            "required": True,
            "description": "The version of the words of /v1/import/consent that the person agrees to.",
            "schema": {"type": "string"},
        },
        {
            "name": "user_id",
            "in": "query",
            "description": "Whose it is; for keys with scope 'listen'.",
            "schema": {"type": "string"},
        },
    ],
    "requestBody": {
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        "required": True,
    },
}


@dataclass(frozen=True)
class Call:
    """One call of the service.

    Attributes:
        name: Its name for clients.
        route: Its address.
        description: What it does.
        request: The type of its body; None for a call without arguments.
        answer: The type of its answer.
    """

    name: str
    route: str
    description: str
    request: type[BaseModel] | None
    answer: type[BaseModel] | None


def document(calls: Sequence[Call], description: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the service.

    Args:
        calls: What can be called.
        description: What the service is, in Markdown.
    """
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ErrorAnswer, "serialization")]
    models += [(ImportStarted, "serialization")]
    models += [(call.request, "validation") for call in calls if call.request]
    models += [(call.answer, "serialization") for call in calls if call.answer]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    health = {path: {"get": _health(path)} for path in _HEALTH}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Crossfade", "version": "v1", "description": description},
        "servers": [{"url": "."}],
        "paths": {call.route: {"post": _call(call)} for call in calls} | {"/v1/import": {"post": _upload()}} | health,
        "components": {"schemas": definitions["$defs"], "securitySchemes": _SCHEMES},
        "security": list(_SECURITY),
    }


def _call(call: Call) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": call.name, "tags": ["Calls"], "description": call.description}
    if call.request:
        required = any(field.is_required() for field in call.request.model_fields.values())
        described["requestBody"] = {"content": _json(call.request), "required": required}
    success = {"description": "The answer.", "content": _json(call.answer) if call.answer else {}}
    described["responses"] = {"200": success} | {str(status): _failure(status) for status in _MAY_FAIL_WITH}
    return described


def _upload() -> dict[str, Any]:
    started = {"202": {"description": "It is being read.", "content": _json(ImportStarted)}}
    failures = {str(status): _failure(status) for status in (*_MAY_FAIL_WITH, HTTPStatus.UNPROCESSABLE_ENTITY)}
    return {**_UPLOAD, "responses": started | failures}


def _health(path: str) -> dict[str, Any]:
    """Return one of BentoML's health checks; what is not a success has the one form of errors."""
    return {
        "operationId": path.removeprefix("/"),
        "tags": ["Health"],
        "description": _HEALTH[path],
        "responses": {"200": {"description": "Yes."}, "503": _failure(HTTPStatus.SERVICE_UNAVAILABLE)},
    }


def _failure(status: int) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": _json(ErrorAnswer)}


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
