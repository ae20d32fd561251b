"""The source contract: where rows come from, in batches, with their provenance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from pipelines.data.provenance import Provenance
from pipelines.data.reading import Reading
from pipelines.errors import SourceError

__all__ = ["PersonOptions", "Reading", "Source", "SourceOptions"]


class SourceOptions(BaseModel):
    """What a person can say about a source: frozen, unknown keys are errors.

    Attributes:
        archive: A local file to read instead of downloading the published one.
        downloads: Where fetched archives are kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive: Path | None = None
    downloads: Path | None = None


class PersonOptions(SourceOptions):
    """What can be said about a source that holds one person's own data.

    Attributes:
        listener: The name the person's rows are kept under; the same name in several sources is the same person.
        consent: The id of the consent the rows rest on; it goes into their ``consent`` column.
    """

    listener: str = "me"
    consent: str | None = None


class Source(ABC):
    """A place rows come from.

    The batches carry the columns of the three tables by name; their types may still be anything that parses (text from
    a CSV, say): ``pipelines.data.cleaning`` parses them and counts what does not parse.

    Attributes:
        name: The name used on the command line and in the ``source`` column.
        title: What people read.
        reading: What one reading of it is.
        options_type: The class of its options.
        left_out: Parts of the input that become no row of a table, by table and reason (a podcast among the plays,
            say). The counts are those of the last reading and complete once its batches have been read to the end;
            together with the rows of the batches they add up to what the input holds.
        notes: What the person should know about the last reading and does no harm, as sentences.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    reading: ClassVar[Reading] = Reading.POPULATION
    options_type: ClassVar[type[SourceOptions]] = SourceOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        self.options = options if options is not None else self.options_type()
        self.left_out: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.notes: list[str] = []

    def check(self) -> None:
        """Check that there is something to read, at once and without reading it.

        Raises:
            SourceError: A file that was named does not exist or cannot be opened.
        """
        archive = self.options.archive
        if archive is not None and not archive.exists():
            raise SourceError("there is no such file", where=str(archive), remedy="Check the path")

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
