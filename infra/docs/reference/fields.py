"""Fields of pydantic models as lines of a table: name, type, default, meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, EnumType
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from infra.docs.reference.docstrings import attributes, description
from infra.docs.reference.markdown import code, prose, table

_BOUNDS = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}", "min_length": "at least {}"}


def sections(kind: type[BaseModel], prefix: str = "", brackets: str = "[{}]") -> Iterator[str]:
    """Yield a model's own keys as a section, then each model within it as one of its own."""
    own = {name: field for name, field in kind.model_fields.items() if _nested(field) is None}
    meanings = attributes(kind)
    if own:
        yield f"## {code(brackets.format(prefix))}" if prefix else "## At the top"
        yield prose(description(kind))
        rows = [(code(name), *cells(field), prose(meanings.get(name, ""))) for name, field in own.items()]
        yield table(("key", "type", "default", "meaning"), rows)
    for name, field in kind.model_fields.items():
        inner = f"{prefix}.{name}" if prefix else name
        if (within := _nested(field)) is not None:
            yield from sections(within, inner)
        elif (each := _repeated(field)) is not None:
            yield from sections(each, inner, "[[{}]]")


def cells(field: FieldInfo) -> tuple[str, str]:
    """Return a field's type with its bounds, and its default."""
    bounds = [
        words.format(value)
        for each in field.metadata
        for name, words in _BOUNDS.items()
        if (value := getattr(each, name, None)) is not None
    ]
    return ", ".join((type_words(field.annotation), *bounds)), default_words(field)


def type_words(annotation: Any) -> str:
    """Return a type as people read it."""
    if isinstance(annotation, EnumType):
        return " or ".join(code(member.value) for member in list[Enum](annotation))
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text)
    text = re.sub(r"Literal\[(.*?)\]", lambda found: found[1].replace("', '", "' or '"), text)
    text = text.replace(", ...]", "]").replace(" | None", "").replace("SecretStr", "text").replace("Path", "path")
    for python, plain in {"bool": "yes or no", "int": "whole number", "float": "number", "str": "text"}.items():
        text = re.sub(rf"\b{python}\b", plain, text)
    return re.sub(r"tuple\[(.*)\]", r"list of \1", text).replace("'", "`")


def default_words(field: FieldInfo) -> str:
    """Return a field's default; a file that is shipped by its name, nothing where there is none."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        return code("true" if value else "false")
    if isinstance(value, Path):
        return code(f"infra/config/{value.name}" if value.is_absolute() else value)
    if isinstance(value, BaseModel) or (isinstance(value, tuple) and any(isinstance(one, BaseModel) for one in value)):
        return "see below"
    if isinstance(value, tuple):
        return code(list(value)).replace("'", '"')
    return "" if value in (None, {}) else code(value)


def _nested(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model a field is, where it is one."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _repeated(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model a field is a list of, where it is one."""
    kinds = [each for each in get_args(field.annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    return kinds[0] if kinds and getattr(field.annotation, "__origin__", None) is tuple else None
