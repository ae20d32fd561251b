import json

import pytest

from pipelines.errors import (
    BundleError,
    ConfigError,
    CrossfadeError,
    NotSupportedError,
    ReleaseError,
    RemoteError,
    UnknownIdError,
)
from serving.problems import error_response, problem_of


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (UnknownIdError, 404),
        (NotSupportedError, 409),
        (ReleaseError, 503),
        (BundleError, 503),
        (RemoteError, 503),
        (ConfigError, 503),
        (CrossfadeError, 500),
    ],
)
def test_each_kind_of_error_has_its_status(kind, status):
    assert error_response(kind("something is wrong", remedy="mend it"), "r1").status_code == status


def test_an_error_says_what_is_wrong_and_what_to_do_but_not_where_on_this_machine():
    error = ReleaseError("there is no champion", where="/secret/home", remedy="Train one")
    assert json.loads(error_response(error, "r1").body) == {
        "error": {"what": "there is no champion", "remedy": "Train one"},
        "request_id": "r1",
    }


def test_validation_errors_are_put_into_words_with_their_place():
    detail = [
        {"loc": ["k"], "msg": "Input should be less than or equal to 200"},
        {"loc": ["history", "t1"], "msg": "Input should be greater than 0"},
        {"loc": [], "msg": "Value error, give one or the other"},
        {"loc": ["fourth"], "msg": "Not shown"},
    ]
    what = problem_of(400, json.dumps({"error": "x", "detail": detail}).encode()).what
    assert what == (
        "'k': input should be less than or equal to 200; 'history.t1': input should be greater than 0; "
        "give one or the other"
    )


def test_a_misspelt_field_and_a_missing_one_are_told_as_what_they_are():
    detail = [
        {"type": "extra_forbidden", "loc": ["hystory"], "msg": "Extra inputs are not permitted"},
        {"type": "missing", "loc": ["query"], "msg": "Field required"},
    ]
    what = problem_of(400, json.dumps({"error": "x", "detail": detail}).encode()).what
    assert what == "'hystory': this call has no such field; 'query': this field is missing"


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"detail": "text"}', b'{"detail": []}', b'"x"', b"3"])
def test_a_bad_request_that_says_no_more_is_still_answered_with_a_sentence(body):
    assert problem_of(400, body).what == "the request cannot be understood"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "nothing at this address"),
        (405, "another method"),
        (413, "too large"),
        (415, "of this type"),
        (418, "cannot be understood"),
        (500, "the service failed"),
        (503, "cannot answer now"),
        (504, "took too long"),
        (599, "the service failed"),
    ],
)
def test_every_other_status_has_words(status, words):
    problem = problem_of(status, b"Traceback: secret")
    assert words in problem.what
    assert problem.remedy
    assert "secret" not in problem.what + problem.remedy
