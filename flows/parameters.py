"""Types of parameters that people set in the Prefect UI."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import WithJsonSchema

from pipelines.sources import source_names

#: A menu in the form. Which sources there are depends on what is installed, so it is no Literal.
SourceName: TypeAlias = Annotated[str, WithJsonSchema({"type": "string", "enum": list(source_names())})]
