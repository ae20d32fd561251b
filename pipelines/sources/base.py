"""The source contract: where rows come from, in batches, with their provenance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from pipelines.data.provenance import Provenance


class SourceOptions(BaseModel):
    """What a person can say about a source: frozen, unknown keys are errors.

    Attributes:
        archive: A local file to read instead of downloading the published one.
        downloads: Where fetched archives are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive: Path | None = None
    downloads: Path | None = None


class Source(ABC):
    """A place rows come from.

    The batches carry the columns of the three tables by name; their types may still be anything that parses (text from
    a CSV, say): ``pipelines.data.cleaning`` parses them and counts what does not parse.

    Attributes:
        name: The name used on the command line and in the ``source`` column.
        title: What people read.
        options_type: The class of its options.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    options_type: ClassVar[type[SourceOptions]] = SourceOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        self.options = options if options is not None else self.options_type()

    @abstractmethod
    def provenance(self) -> Provenance:
        """Return origin, licence and permitted uses; for files with their checksum."""

    @abstractmethod
    def interactions(self) -> Iterator[pa.Table]:
        """Yield batches of interactions.

        Raises:
            SourceError: The input is missing, truncated, wrongly encoded or not what it claims to be.
        """

    @abstractmethod
    def tracks(self) -> Iterator[pa.Table]:
        """Yield batches of tracks; same errors."""

    def playlists(self) -> Iterator[pa.Table]:
        """Yield batches of playlist rows; nothing where the source has none."""
        return iter(())
