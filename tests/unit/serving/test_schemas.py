import json
import math

import pytest
from pydantic import ValidationError

from serving.schemas import (
    MAX_HISTORY,
    MAX_ID_LENGTH,
    MAX_K,
    MAX_QUERY_LENGTH,
    ExplainRequest,
    FeedbackRequest,
    ForgetRequest,
    ImportStatusRequest,
    RecommendationsRequest,
    SearchRequest,
    SimilarRequest,
)


def test_a_request_without_anything_asks_for_what_is_popular():
    request = RecommendationsRequest()
    assert (request.history, request.user_id, request.k, request.reasons) == (None, None, 20, 3)


@pytest.mark.parametrize(
    "request_body",
    [
        {"k": 0},
        {"k": MAX_K + 1},
        {"k": "many"},
        {"history": {"t1": 0}},
        {"history": {"t1": -1}},
        {"history": {"t1": math.nan}},
        {"history": {"t1": math.inf}},
        {"history": {"t1": None}},
        {"history": {"": 1}},
        {"history": {"x" * (MAX_ID_LENGTH + 1): 1}},
        {"history": dict.fromkeys(map(str, range(MAX_HISTORY + 1)), 1)},
        {"history": ["t1"]},
        {"user_id": ""},
        {"user_id": "u1", "history": {}},
        {"exclude": [""]},
        {"exclude": "t1"},
        {"reasons": -1},
        {"reasons": 21},
        {"hystory": {}},
    ],
)
def test_what_a_recommendation_request_must_not_say(request_body):
    with pytest.raises(ValidationError):
        RecommendationsRequest.model_validate(request_body)


def test_the_limits_themselves_are_allowed():
    largest = dict.fromkeys(map(str, range(MAX_HISTORY)), 1.0)
    request = RecommendationsRequest(k=MAX_K, history=largest, exclude=["x" * MAX_ID_LENGTH])
    assert len(request.history or {}) == MAX_HISTORY


@pytest.mark.parametrize(
    ("kind", "request_body"),
    [
        (SimilarRequest, {}),
        (SimilarRequest, {"track_id": ""}),
        (SearchRequest, {}),
        (SearchRequest, {"query": "x" * (MAX_QUERY_LENGTH + 1)}),
        (ExplainRequest, {"history": {"t1": 1}}),
        (ExplainRequest, {"history": {"t1": 1}, "user_id": "u1", "track_id": "t2"}),
    ],
)
def test_what_the_other_requests_must_not_say(kind, request_body):
    with pytest.raises(ValidationError):
        kind.model_validate(request_body)


@pytest.mark.parametrize(
    ("kind", "request_body"),
    [
        (FeedbackRequest, {"event_id": "event-01", "kind": "like", "track_id": "t\0"}),
        (FeedbackRequest, {"event_id": "event-01", "kind": "like", "track_id": "t", "list_id": "r\0"}),
        (FeedbackRequest, {"event_id": "event-01", "kind": "like", "track_id": "t", "user_id": "u\0"}),
        (FeedbackRequest, {"event_id": "event-01", "kind": "block_artist", "artist": "a\0"}),
        (ForgetRequest, {"confirm": True, "user_id": "u\0"}),
        (ImportStatusRequest, {"import_id": "i\0"}),
        (RecommendationsRequest, {"user_id": "u\0"}),
    ],
)
def test_what_is_looked_up_or_kept_in_a_store_holds_no_nul_which_postgres_cannot_keep(kind, request_body):
    kind.model_validate(json.loads(json.dumps(request_body).replace("\\u0000", "")))
    with pytest.raises(ValidationError):
        kind.model_validate(request_body)


@pytest.mark.parametrize("kind", [RecommendationsRequest, ExplainRequest, SimilarRequest, SearchRequest])
def test_the_examples_shown_to_people_fit(kind):
    kind.model_validate(kind.model_json_schema()["example"])
