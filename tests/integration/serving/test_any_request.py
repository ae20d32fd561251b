"""Requests made up from the OpenAPI document, good and bad: none is answered by a 5xx or by what is not documented."""

import json

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.integration

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@schemathesis.serializer("application/zip")
def as_bytes(context, value):
    """Send what is made up for a file as it is; anything else as text."""
    return getattr(value, "data", None) or str(value).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_documented(service, mode):
    schema = schemathesis.openapi.from_url(f"{service.url}/docs.json")
    asked = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            asked.add(case.path)
            case.call_and_validate(base_url=service.url, checks=CHECKS)

        if mode is GenerationMode.POSITIVE or operation.body:  # a call without arguments cannot be asked wrongly
            ask()
    assert {"/v1/recommendations", "/v1/similar", "/v1/explain", "/v1/search"} <= asked
    assert "Traceback" not in service.log()


@pytest.mark.parametrize("path", ["recommendations", "search", "similar", "explain"])
def test_deep_wide_and_odd_bodies_are_refused_in_the_one_form(client, path):
    odd = [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        json.dumps({f"field {number}": number for number in range(20_000)}).encode(),
        b'{"k": 1e400}',
        b'{"k": "\x00"}',
        b'{"history": {"t1": 1}, "history": []}',
        "{\N{ZERO WIDTH NO-BREAK SPACE}}".encode(),
        b"\x1f\x8b\x08",
    ]
    for body in odd:
        answer = client.post(f"/v1/{path}", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == httpx.codes.BAD_REQUEST
        assert set(answer.json()) == {"error", "request_id"}
