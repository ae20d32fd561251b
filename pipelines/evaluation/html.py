"""Pieces of HTML pages: sections, tables, figures. What comes in as text is escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape


def section(title: str, explained: str, content: str) -> str:
    """Return a section; nothing where there is no content."""
    said = f'<p class="quiet">{escape(explained)}</p>' if explained else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{said}\n{content}\n</section>\n" if content else ""


def table(header: Sequence[str], rows: Sequence[Sequence[str]], accents: Sequence[bool] = ()) -> str:
    """Return a table; rows with an accent are drawn as the best."""
    accented = accents or [False] * len(rows)
    lines = [
        f"<tr{' class=best' if accent else ''}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row, accent in zip(rows, accented, strict=True)
    ]
    return f"{open_table(header)}{''.join(lines)}</table></div>"


def open_table(header: Sequence[str]) -> str:
    """Return the beginning of a table and its header; the rest is ``</table></div>``."""
    return f'<div class="scroll"><table><tr>{"".join(f"<th>{escape(name)}</th>" for name in header)}</tr>'


def figure(value: float) -> str:
    """Return a value with three decimals; a dash where it is not defined."""
    return f"{value:.3f}" if math.isfinite(value) else "-"


def words(protocol: str) -> str:
    """Return the name of a protocol as people read it."""
    return protocol.replace("-", " ").capitalize()
