from serving import schemas
from serving.openapi import Call, document

CALLS = [
    Call("search", "/v1/search", "Find tracks.", schemas.SearchRequest, schemas.SearchAnswer),
    Call("model", "/v1/model", "Show the card.", None, schemas.ModelAnswer),
]


def references(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere():
    made = document(CALLS, "about")
    known = {f"#/components/schemas/{name}" for name in made["components"]["schemas"]}
    assert set(references(made)) <= known
    assert set(references(made["paths"])) >= {"#/components/schemas/SearchRequest", "#/components/schemas/ErrorAnswer"}


def test_a_call_names_its_body_its_answer_and_how_it_can_fail():
    call = document(CALLS, "about")["paths"]["/v1/search"]["post"]
    assert call["operationId"] == "search"
    assert call["requestBody"]["required"]
    assert set(call["responses"]) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "415",
        "421",
        "429",
        "500",
        "503",
    }


def test_a_call_without_arguments_has_no_body():
    assert "requestBody" not in document(CALLS, "about")["paths"]["/v1/model"]["post"]


def test_a_request_is_shown_with_an_example_that_fits_it():
    example = document(CALLS, "about")["components"]["schemas"]["SearchRequest"]["example"]
    assert schemas.SearchRequest.model_validate(example).query == "bjork"
