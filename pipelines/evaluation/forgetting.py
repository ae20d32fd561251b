"""What a training's folder keeps of one listener: their metrics, their segment, and perhaps their lists on the page.

The means stay: they are about all listeners and were decided by.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from pipelines.atomic import write_text
from pipelines.evaluation.report import REPORTS, load_reports, save_reports
from pipelines.evaluation.segments import load_segments, save_segments

_PAGE: Final = "report.html"
#: What ``pipelines.evaluation.page`` writes of example listeners; titles in it are escaped, so no tag is theirs.
_EXAMPLES: Final = re.compile(r'<div class="examples">.*?</div></div>', re.DOTALL)
_GONE: Final = '<div class="examples"><p>Removed when a listener was forgotten.</p></div>'


def forget_metrics(folder: Path, row: int, listeners: int) -> bool:
    """Remove a listener from the reports of a training, and tell whether they were in them.

    Reports keep the numbers of the training, while its bundle counts anew whenever somebody goes. The segments, which
    have a row for every listener, tell the two apart; they are written last, so a run that was killed is run again.

    Args:
        folder: The training's folder.
        row: Their row in the training's bundle.
        listeners: How many listeners that bundle knows.

    Raises:
        CrossfadeError: The reports are damaged, or cannot be written.
    """
    segments = load_segments(folder)
    gone = _numbers(segments, row, listeners)
    found = [_drop(each, gone) for each in sorted({path.parent for path in folder.rglob(REPORTS)})]
    divided = segments is not None and bool(segments.index.isin(gone).any())
    if segments is not None and divided:
        save_segments(folder, segments.drop(index=gone, errors="ignore"))
    return any(found) or divided


def _numbers(segments: pd.DataFrame | None, row: int, listeners: int) -> list[int]:
    """Return which numbers of a training's reports are a listener's."""
    if segments is None or segments.empty:
        return [row]
    if len(segments) < listeners:
        return []  # they went before, and the bundle has not followed yet
    if len(segments) == listeners:
        return [int(segments.index[row])]
    # When somebody left, others were left out with them, as too little was known of them: who is who cannot be told.
    return [int(number) for number in segments.index]


def _drop(folder: Path, gone: list[int]) -> bool:
    reports = load_reports(folder)
    measured = any(report.users.index.isin(gone).any() for report in reports)
    if measured:
        rest = [replace(each, users=each.users.drop(index=gone, errors="ignore")) for each in reports]
        save_reports(folder, rest)
    return measured


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
