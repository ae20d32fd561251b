"""One table's rules as a pydantic model, and each rule bound to the columns it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from pipelines.config import Settings
from validation.kinds import Action, Rule

_R = TypeVar("_R", bound=Rule | None)


@dataclass(frozen=True)
class Expectation:
    """A rule, bound to the column it reads.

    Attributes:
        name: Where the rule stands in the configuration ("tracks.tempo").
        table: The table it is about.
        reads: The column of the checked frame (see ``validation.frames``); also the rule's own name.
        columns: The columns of the table the rule speaks of: the first is shown, all are blanked.
        rule: Kind, thresholds and action.
        words: What is expected, as a sentence after "expected".
        why: The reason.
    """

    name: str
    table: str
    reads: str
    columns: tuple[str, ...]
    rule: Rule
    words: str
    why: str


def declare(default: _R, what: str, why: str, *, columns: tuple[str, ...] = (), table: str | None = None) -> _R:
    """Declare a rule: its default, what it looks at, why it is there, and where that is not the field's own name.

    The default is None for a rule that is only asked where a file or a source says so.
    """
    extra: Any = {"columns": list(columns), "table": table}
    return Field(default=default, title=what, description=why, json_schema_extra=extra)


class Section(Settings):
    """The rules of one table; a field that a file leaves out, or a part of it, keeps its default."""

    never_blank: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        defaults = {name: field.default.model_dump() for name, field in cls.model_fields.items() if field.default}
        return {
            name: {**defaults[name], **value} if name in defaults and isinstance(value, Mapping) else value
            for name, value in given.items()
        }

    @model_validator(mode="after")
    def _required_values_stay(self) -> Self:
        for name in sorted(self.never_blank):
            if getattr(self, name).action is Action.BLANK:
                raise ValueError(f"'{name}' cannot be blanked, because its value is required: warn, quarantine or stop")
        return self

    def expectations(self, table: str) -> Iterator[Expectation]:
        """Yield the rules in order, bound to their columns; what is not asked is left out."""
        for name, field in type(self).model_fields.items():
            rule: Rule | None = getattr(self, name)
            if rule is None:
                continue
            extra: Any = field.json_schema_extra
            yield Expectation(
                name=f"{table}.{name}",
                table=extra["table"] or table,
                reads=name,
                columns=tuple(extra["columns"]) or (name,),
                rule=rule,
                words=f"{field.title} {rule.wanted()}".strip(),
                why=str(field.description),
            )
