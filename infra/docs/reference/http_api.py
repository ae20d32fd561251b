"""The service's calls as a page, from its own OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.docs.reference.markdown import code, page, table

_INTERACTIVE = """A running service shows the same at `/docs`, where each call can be tried, and gives the OpenAPI
document at `/docs.json`. How to start it: [serve the champion](../how-to/serve.md)."""
_LIMITS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "maxProperties": "at most {}",
    "pattern": "matching `{}`",
}


def http_api(document: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        document: The OpenAPI 3.1 document.
    """
    schemas = document["components"]["schemas"]
    parts = [document["info"]["description"], _INTERACTIVE, *_who(document), *_failures(document), "## Calls"]
    usual = _failing(document)
    for route, methods in document["paths"].items():
        for method, call in methods.items():
            parts += _call(f"{method.upper()} {route}", call, schemas, usual)
    parts += ["## Objects", *(part for name in schemas for part in _object(name, schemas))]
    return page("HTTP API", "the OpenAPI document of `serving/`", *parts)


def _who(document: Mapping[str, Any]) -> Iterator[str]:
    schemes = document["components"]["securitySchemes"]
    yield "## Who may call"
    yield table(("by", "how", "meaning"), ((name, _how(each), each["description"]) for name, each in schemes.items()))


def _failures(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## What a call may fail with"
    statuses = ", ".join(f"{status} {words}" for status, words in _failing(document).items())
    yield f"The body is an {_link('ErrorAnswer')}, whatever went wrong: {statuses}."


def _failing(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the statuses, with their names, that every call under /v1 may fail with."""
    calls = [each["post"]["responses"] for each in document["paths"].values() if "post" in each]
    shared = set.intersection(*(set(responses) for responses in calls))
    return {status: each["description"] for status, each in calls[0].items() if status in shared and status[0] != "2"}


def _how(scheme: Mapping[str, Any]) -> str:
    return f"cookie `{scheme['name']}`" if scheme["type"] == "apiKey" else "`Authorization: Bearer ...`"


def _call(title: str, call: Mapping[str, Any], schemas: Mapping[str, Any], usual: Mapping[str, str]) -> Iterator[str]:
    yield f"### {title}"
    yield call["description"]
    if parameters := call.get("parameters"):
        rows = [(code(each["name"]), each["in"], each["description"]) for each in parameters]
        yield table(("parameter", "in", "meaning"), rows)
    for kind, content in call.get("requestBody", {}).get("content", {}).items():
        yield f"Body: {_named(content['schema']) or code(kind)}."
        yield from _example(content["schema"], schemas)
    yield from _answers(call["responses"], usual)


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    example = schemas.get(_name(schema), {}).get("example")
    if example is not None:
        yield f"```json\n{json.dumps(example)}\n```"


def _answers(responses: Mapping[str, Any], usual: Mapping[str, str]) -> Iterator[str]:
    good = [status for status in responses if status.startswith("2")]
    for status in good:
        named = [_named(content["schema"]) for content in responses[status].get("content", {}).values()]
        yield f"Answer ({status}): {named[0]}." if named else f"Answer ({status})."
    others = ", ".join(
        f"{code} {each['description']}" for code, each in responses.items() if code not in {*good, *usual}
    )
    yield f"It may also fail with {others}." if others else ""


def _object(name: str, schemas: Mapping[str, Any]) -> Iterator[str]:
    schema = schemas[name]
    yield f"### {name}"
    yield schema.get("description", "")
    required = schema.get("required", [])
    rows = [
        (code(field), _type(each), "required" if field in required else _default(each), each.get("description", ""))
        for field, each in schema.get("properties", {}).items()
    ]
    yield table(("field", "type", "default", "meaning"), rows) if rows else ""


def _type(schema: Mapping[str, Any]) -> str:
    """Return what a field holds, with its limits."""
    if options := schema.get("anyOf"):
        return " or ".join(_type(each) for each in options)
    if "$ref" in schema:
        return _named(schema)
    if "enum" in schema:
        return ", ".join(code(value) for value in schema["enum"])
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if schema.get("type") == "array":
        kind = f"list of {_type(schema['items'])}"
    elif isinstance(more := schema.get("additionalProperties"), dict):
        kind = f"object of {_type(more)}"
    else:
        kind = str(schema.get("type", "anything"))
    limits = [words.format(_number(schema[key])) for key, words in _LIMITS.items() if key in schema]
    return ", ".join((kind, *limits))


def _number(value: object) -> object:
    return f"{value:,.0f}" if isinstance(value, float) and value.is_integer() else value


def _default(schema: Mapping[str, Any]) -> str:
    return code(json.dumps(schema["default"])) if schema.get("default") is not None else ""


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _named(schema: Mapping[str, Any]) -> str:
    return _link(_name(schema)) if _name(schema) else ""


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"
