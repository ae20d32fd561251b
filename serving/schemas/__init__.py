"""The calls' requests and answers: types, limits and examples, as the OpenAPI page shows them; one file a subject."""

from serving.schemas.catalogue import (
    MAX_QUERY_LENGTH,
    ModelAnswer,
    SearchAnswer,
    SearchRequest,
    Taste,
    TastesAnswer,
)
from serving.schemas.common import (
    MAX_HISTORY,
    MAX_ID_LENGTH,
    MAX_K,
    Answer,
    ListenerRequest,
    Request,
    Track,
)
from serving.schemas.failures import ErrorAnswer, Problem
from serving.schemas.lists import (
    Because,
    Contribution,
    ExplainAnswer,
    ExplainRequest,
    RecommendationsAnswer,
    RecommendationsRequest,
    Recommended,
    Similar,
    SimilarAnswer,
    SimilarRequest,
)

__all__ = [
    "MAX_HISTORY",
    "MAX_ID_LENGTH",
    "MAX_K",
    "MAX_QUERY_LENGTH",
    "Answer",
    "Because",
    "Contribution",
    "ErrorAnswer",
    "ExplainAnswer",
    "ExplainRequest",
    "ListenerRequest",
    "ModelAnswer",
    "Problem",
    "RecommendationsAnswer",
    "RecommendationsRequest",
    "Recommended",
    "Request",
    "SearchAnswer",
    "SearchRequest",
    "Similar",
    "SimilarAnswer",
    "SimilarRequest",
    "Taste",
    "TastesAnswer",
    "Track",
]
