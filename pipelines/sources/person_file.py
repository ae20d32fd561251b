"""What all sources share that read one person's own file, folder or archive."""

from __future__ import annotations

from typing import ClassVar

from pipelines.data.people import person_id
from pipelines.sources.base import PersonOptions, Reading, Source, SourceOptions
from pipelines.sources.inputs import named_input


class PersonFile(Source):
    """A source that is one person's own file, folder or archive.

    Attributes:
        what: What a person has to name, with its article, for the error where they did not.

    Raises:
        ConfigError: No file was named, or the listener's name cannot be one.
    """

    what: ClassVar[str]
    reading: ClassVar[Reading] = Reading.PERSON
    options_type: ClassVar[type[SourceOptions]] = PersonOptions

    def __init__(self, options: SourceOptions | None = None) -> None:
        super().__init__(options)
        chosen = self.options if isinstance(self.options, PersonOptions) else PersonOptions()
        self._path = named_input(chosen, source=self.name, what=self.what)
        self._person = person_id(chosen.listener)
        self._consent = chosen.consent
