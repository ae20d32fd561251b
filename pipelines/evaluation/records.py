"""What a training checked beside its figures, kept in its folder: small records in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pipelines.atomic import write_text
from pipelines.errors import CrossfadeError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


@dataclass(frozen=True)
class KeptRecords(Generic[Record]):
    """A file of records.

    Attributes:
        file: Its name.
        kind: The dataclass of a record; its fields are what JSON has.
        what: What the records are, for messages.
    """

    file: str
    kind: type[Record]
    what: str

    def save(self, folder: Path, records: Sequence[Record]) -> None:
        """Write records so that ``load`` gives them back."""
        write_text(folder / self.file, json.dumps([asdict(record) for record in records], indent=2))

    def load(self, folder: Path) -> tuple[Record, ...]:
        """Read what ``save`` wrote; nothing where the training made none.

        Raises:
            CrossfadeError: The file is damaged.
        """
        path = folder / self.file
        try:
            return tuple(self.kind(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, TypeError) as error:
            raise CrossfadeError(
                f"{self.what} cannot be read", where=str(path), remedy="Run 'crossfade train'"
            ) from error
