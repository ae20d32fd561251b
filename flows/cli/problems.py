"""Errors as people read them: one sentence and an exit status."""

from __future__ import annotations

import errno
from dataclasses import dataclass

import typer
from typer.exceptions import TyperException

from pipelines.atomic import means_full_disk
from pipelines.errors import CrossfadeError

_FULL_DISK = "the disk is full. Free some space and run again."
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_CHAIN = 8
#: The exit status after Ctrl-C, as shells have it.
INTERRUPTED = 130


@dataclass(frozen=True)
class Problem:
    """What to print and how to exit."""

    text: str
    exit_code: int


def describe(error: BaseException) -> Problem:
    """Return an error as a sentence that says what to do.

    Libraries wrap each other's errors, so causes are looked at as well.
    """
    if isinstance(error, TyperException):
        return Problem(_usage(error), error.exit_code)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return Problem("interrupted.", INTERRUPTED)
    for cause in _causes(error):
        if known := _known(cause):
            return known
    text = _one_line(f"{type(error).__name__}: {error}")[:300]
    hint = "CROSSFADE_DEBUG=1 shows where, 'crossfade doctor' checks the installation"
    return Problem(f"this should not happen: {text} ({hint}).", 1)


def _known(error: BaseException) -> Problem | None:
    """Return what to say about an error of ours or of the machine; None about any other."""
    if isinstance(error, CrossfadeError):
        return Problem(str(error), error.exit_code)
    if means_full_disk(error):
        return Problem(_FULL_DISK, 1)
    if isinstance(error, OSError) and error.errno in _FORBIDDEN:
        what = f"{error.filename}: " if error.filename else ""
        remedy = "Check who may read and write it, or set CROSSFADE_HOME to a folder you can write."
        return Problem(f"{what}it cannot be used ({error.strerror}). {remedy}", 1)
    if isinstance(error, MemoryError):
        return Problem("there is not enough memory. Use fewer rows or a larger machine.", 1)
    if isinstance(error, ModuleNotFoundError):
        return Problem(f"the package '{error.name}' is not installed. Run 'make setup'.", 1)
    return None


def _usage(error: TyperException) -> str:
    """Return what was wrong in how a command was called, and where its help is."""
    text = _one_line(error.format_message())
    if not text:
        # Called without a command: Typer has printed its help, and that is all.
        return ""
    context = getattr(error, "ctx", None)
    end = "" if text[-1] in ".?!" else "."
    return f"{text}{end} See '{context.command_path if context else 'crossfade'} --help'."


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and len(found) < _CHAIN:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())
