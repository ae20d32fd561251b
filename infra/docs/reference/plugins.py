"""Sources and recommenders by name, with their options and hyper-parameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from pydantic import BaseModel

from infra.docs.reference.docstrings import attributes, description
from infra.docs.reference.fields import cells
from infra.docs.reference.markdown import code, page, prose, table
from pipelines.recommenders.base import Explains, Forgets, Recommender, ScoresColdTracks, SimilarTracks
from pipelines.sources.base import Source

_SOURCES = """`crossfade ingest NAME` reads one. Options have a name of their own on the command line or are given as
`--option NAME=VALUE`. What a reading is decides how it joins what is there, see [the data
contract](../data-contract.md#what-differs-by-reading). A package of your own
[can bring more](../how-to/add-a-source.md)."""
_RECOMMENDERS = """A candidate of the training configuration names one, and its `params` are the keys below ([how to
choose](../how-to/candidates.md)). A package of your own [can bring more](../how-to/add-a-recommender.md)."""
_ABILITIES = {
    Explains: "explains its scores exactly",
    SimilarTracks: "names similar tracks",
    ScoresColdTracks: "scores tracks nobody has played",
    Forgets: "forgets listeners without a full training",
}


def sources(kinds: Iterable[type[Source]], hidden: Iterable[str]) -> str:
    """Return the page of sources.

    Args:
        kinds: Their classes.
        hidden: Options that the program fills in, never a person.
    """
    parts = [_SOURCES]
    for kind in kinds:
        parts += [
            f"## {kind.name}",
            f"**{kind.title}.** {prose(description(kind))}",
            f"One reading: {kind.reading.value}.",
        ]
        parts.append(_keys(kind.options_type, "option", frozenset(hidden)))
    return page("Sources", "the classes in `pipelines/sources/`", *parts)


def recommenders(kinds: Iterable[type[Recommender]]) -> str:
    """Return the page of recommenders."""
    parts = [_RECOMMENDERS]
    for kind in kinds:
        able = [words for ability, words in _ABILITIES.items() if _can(kind, ability)]
        parts += [f"## {kind.name}", f"**{kind.title}.** {prose(description(kind))}"]
        parts += [f"It {', '.join(able)}." if able else "", _keys(kind.config_type, "hyper-parameter", frozenset())]
    return page("Recommenders", "the classes in `pipelines/recommenders/`", *parts)


def _can(kind: type[Recommender], ability: type) -> bool:
    """Tell whether a class has every member of a protocol."""
    members = (*vars(ability), *inspect.get_annotations(ability))
    return all(hasattr(kind, name) for name in members if not name.startswith("_"))


def _keys(model: type[BaseModel], kind: str, hidden: frozenset[str]) -> str:
    meanings = attributes(model)
    rows = [
        (code(name), *cells(field), prose(meanings.get(name, "")))
        for name, field in model.model_fields.items()
        if name not in hidden
    ]
    return table((kind, "type", "default", "meaning"), rows) if rows else f"It has no {kind}s."
