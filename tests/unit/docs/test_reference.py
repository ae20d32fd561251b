"""The reference pages say what the code does: they are made anew in memory and compared."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from infra.docs.reference.docstrings import attributes, description
from infra.docs.reference.fields import sections, type_words
from infra.docs.reference.markdown import cell, first_sentence, prose, table
from infra.docs.reference.pages import VARIABLES, reference_pages

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def pages():
    return reference_pages()


def test_no_page_has_drifted_from_the_code(pages):
    written = {path: (ROOT / "docs" / path).read_text(encoding="utf-8") for path in pages}
    drifted = [path for path in pages if pages[path] != written[path]]
    assert drifted == [], "run: make reference"


def test_every_page_of_the_folder_is_generated_or_written_by_hand_on_purpose(pages):
    found = {f"reference/{path.name}" for path in (ROOT / "docs" / "reference").glob("*.md")}
    assert found - set(pages) == {"reference/index.md", "reference/glossary.md"}


def test_every_command_and_every_option_stands_on_its_page(pages):
    import typer

    from flows.cli.main import app

    def leaves(group, prefix=""):
        for name, command in getattr(group, "commands", {}).items():
            full = f"{prefix} {name}".strip()
            yield from leaves(command, full) if getattr(command, "commands", None) else [(full, command)]

    page = pages["reference/command-line.md"]
    for name, command in leaves(typer.main.get_group(app)):
        part = page.partition(f"### crossfade {name}\n")[2].partition("\n#")[0]
        assert part, f"'{name}' is missing"
        for parameter in command.params:
            assert all(f"`{option}`" in part for option in parameter.opts if option.startswith("-")), name


def test_every_call_and_every_field_stands_on_its_page(pages):
    from serving.service import api_document

    page, document = pages["reference/http-api.md"], api_document()
    for route in document["paths"]:
        assert f" {route}\n" in page
    for name, schema in document["components"]["schemas"].items():
        part = page.partition(f"### {name}\n")[2].partition("\n#")[0]
        assert all(f"| `{field}` |" in part for field in schema.get("properties", {})), name


def test_every_variable_the_programs_read_is_explained(pages):
    import re

    page = pages["reference/settings.md"]
    told = set(re.findall(r"`(CROSSFADE_[A-Z_]+)`", page))
    code = "\n".join(
        path.read_text(encoding="utf-8") for folder in ("flows", "serving") for path in (ROOT / folder).rglob("*.py")
    )
    read = set(re.findall(r"\"(CROSSFADE_[A-Z_]*[A-Z])\"", code)) | set(VARIABLES)
    assert {name.removesuffix("_FILE") for name in read} - told == set()


def test_no_meaning_is_left_empty(pages):
    for path in ("reference/settings.md", "reference/configuration.md", "reference/recommenders.md"):
        empty = [line for line in pages[path].splitlines() if line.startswith("| `") and line.endswith("|  |")]
        assert empty == [], path


# --- the parts


class _Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class _Inner(BaseModel):
    """What is inside.

    Attributes:
        depth: How deep, in
            metres.
    """

    depth: float = Field(default=2.5, gt=0)


class _Outer(BaseModel):
    """A box.

    It has ``sides``.

    Attributes:
        size: How large.
        inner: The inside.
    """

    size: Literal["s", "l"] = "s"
    inner: _Inner = _Inner()


def test_a_docstring_is_taken_apart():
    assert description(_Outer) == "A box.\n\nIt has ``sides``."
    assert attributes(_Inner) == {"depth": "How deep, in metres."}


def test_a_model_within_a_model_is_a_section_of_its_own():
    assert list(sections(_Outer)) == [
        "## At the top",
        "A box.\n\nIt has `sides`.",
        table(("key", "type", "default", "meaning"), [("`size`", "`s` or `l`", "`s`", "How large.")]),
        "## `[inner]`",
        "What is inside.",
        table(("key", "type", "default", "meaning"), [("`depth`", "number, above 0", "`2.5`", "How deep, in metres.")]),
    ]


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int | None, "whole number"),
        (tuple[str, ...], "list of text"),
        (_Size, "`small` or `large`"),
        (Literal["a", "b"], "`a` or `b`"),
        (bool, "yes or no"),
        (Path, "path"),
    ],
)
def test_types_are_told_in_words(annotation, words):
    assert type_words(annotation) == words


def test_a_cell_holds_one_line_and_no_bar():
    assert cell("one\n  of a|b ") == "one of a\\|b"
    assert prose(" say ``x`` ") == "say `x`"
    assert first_sentence("One thing.\nAnother.") == "One thing"


def test_a_call_is_told_with_its_body_its_answer_and_what_is_particular_to_its_failures():
    from infra.docs.reference.http_api import http_api

    def call(**more):
        return {"post": {"description": "Do it.", "responses": {"200": {"description": "Yes."}, **more}}}

    late = {"429": {"description": "Too Many"}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Wish"}}}}
    second = call(**late, **{"422": {"description": "Unreadable"}})
    second["post"]["requestBody"] = body
    wish = {
        "type": "object",
        "description": "A wish.",
        "example": {"k": 3},
        "properties": {"k": {"type": "integer", "minimum": 1, "default": 20, "description": "How many."}},
    }
    page = http_api(
        {
            "info": {"description": "It serves."},
            "paths": {"/v1/one": call(**late), "/v1/two": second},
            "components": {"schemas": {"Wish": wish}, "securitySchemes": {}},
        }
    )
    assert "whatever went wrong: 429 Too Many." in page
    assert f"### POST /v1/two\n\nDo it.\n\nBody: [Wish](#wish).\n\n```json\n{json.dumps({'k': 3})}\n```" in page
    assert page.count("It may also fail with 422 Unreadable.") == 1
    assert "| `k` | integer, from 1 | `20` | How many. |" in page
