"""What a training's folder keeps of one listener: their metrics, their segment, and perhaps their lists on the page.

The means stay: they are about all listeners and were decided by.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipelines.atomic import write_text
from pipelines.evaluation.report import load_reports, save_reports
from pipelines.evaluation.segments import load_segments, save_segments

_PAGE: Final = "report.html"
#: What ``pipelines.evaluation.page`` writes of example listeners; titles in it are escaped, so no tag is theirs.
_EXAMPLES: Final = re.compile(r'<div class="examples">.*?</div></div>', re.DOTALL)
_GONE: Final = '<div class="examples"><p>Removed when a listener was forgotten.</p></div>'


def forget_metrics(folder: Path, listener: int) -> bool:
    """Remove a listener from the reports of a training, and tell whether they were in them.

    Args:
        folder: The training's folder.
        listener: Their row in the matrix of that training.

    Raises:
        CrossfadeError: The reports are damaged, or cannot be written.
    """
    reports, segments = load_reports(folder), load_segments(folder)
    measured = any(listener in report.users.index for report in reports)
    if measured:
        save_reports(
            folder, [replace(each, users=each.users.drop(index=listener, errors="ignore")) for each in reports]
        )
    divided = segments is not None and listener in segments.index
    if segments is not None and divided:
        save_segments(folder, segments.drop(index=listener))
    return measured or divided


def forget_examples(folder: Path) -> bool:
    """Remove the example listeners from the page of a training, and tell whether there were any.

    They stand there without names, so all of them go: who is who cannot be told, and should not be.

    Raises:
        CrossfadeError: The page cannot be written.
    """
    path = folder / _PAGE
    if not path.is_file():
        return False
    page = path.read_text(encoding="utf-8")
    rest = _EXAMPLES.sub(_GONE, page)
    if rest != page:
        write_text(path, rest)
    return rest != page
