"""What a person agrees to: texts in plain words, one file a version, never edited once people have read them.

``consent_texts/NAME.VERSION.txt`` holds one version. A source whose text is not there has the one named ``own-data``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from pipelines.errors import CrossfadeError

_FOLDER: Final = files("pipelines.data") / "consent_texts"
_FOR_OTHERS: Final = "own-data"


@dataclass(frozen=True)
class ConsentText:
    """One version of a text.

    Attributes:
        name: Which text.
        version: Its version, from 1.
        words: What is shown.
    """

    name: str
    version: int
    words: str

    @property
    def sha256(self) -> str:
        """The SHA-256 of the words, in UTF-8."""
        return hashlib.sha256(self.words.encode()).hexdigest()


def consent_text(source: str) -> ConsentText:
    """Return the newest text for a source."""
    texts = _texts()
    name = source if any(text == source for text, _ in texts) else _FOR_OTHERS
    return text_version(name, max(version for text, version in texts if text == name))


def text_version(name: str, version: int) -> ConsentText:
    """Return one version of a text, for showing what somebody agreed to.

    Raises:
        CrossfadeError: This installation has no such text.
    """
    file = _texts().get((name, version))
    if file is None:
        raise CrossfadeError(
            f"there is no version {version} of the consent text '{name}' in this installation",
            remedy="Install the version of Crossfade that asked with these words, or a later one",
        )
    return ConsentText(name, version, file.read_text(encoding="utf-8"))


def _texts() -> dict[tuple[str, int], Traversable]:
    """Return the files of all texts by name and version."""
    found = {}
    for file in _FOLDER.iterdir():
        name, _, version = file.name.removesuffix(".txt").rpartition(".")
        if version.isdigit():
            found[name, int(version)] = file
    return found
