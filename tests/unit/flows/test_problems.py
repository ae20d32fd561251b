"""Every error becomes one sentence and an exit status."""

from __future__ import annotations

import errno
import os

import pytest
import typer

from flows.cli.problems import describe
from pipelines import errors


def raised_from(error, cause):
    """Return ``error`` as it looks when it was raised because of ``cause``."""
    error.__cause__ = cause
    return error


ALL_OF_OURS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", ALL_OF_OURS, ids=lambda kind: kind.__name__)
def test_an_error_of_ours_is_said_as_it_stands(kind):
    problem = describe(kind("it is\nbroken", where="here", remedy="Mend it"))
    assert problem.text == "here: it is broken. Mend it."
    assert problem.exit_code == (2 if kind is errors.ConfigError else 1)


def test_wrong_usage_exits_with_two():
    problem = describe(typer.BadParameter("give one\nof them"))
    assert problem.exit_code == 2
    assert problem.text == "Invalid value: give one of them. See 'crossfade --help'."


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        raised_from(RuntimeError("flow failed"), OSError(errno.ENOSPC, "No space left on device")),
        raised_from(RuntimeError("commit failed"), ValueError("(sqlite3.OperationalError) database or disk is full")),
    ],
    ids=["itself", "below another", "in SQLite's words"],
)
def test_a_full_disk_is_recognised_under_other_errors(error):
    assert describe(error).text == "the disk is full. Free some space and run again."


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_what_may_not_be_written_is_named(number):
    wrapped = raised_from(RuntimeError("task failed"), OSError(number, os.strerror(number), "/home/secret.key"))
    assert describe(wrapped).text.startswith(
        f"/home/secret.key: it cannot be used ({os.strerror(number)}). Check who may"
    )


def test_an_error_of_ours_under_another_one_is_what_is_said():
    wrapped = raised_from(RuntimeError("task failed"), errors.SourceError("it is empty", where="a.csv"))
    assert describe(wrapped).text == "a.csv: it is empty."


def test_an_unexpected_error_is_one_line_and_says_how_to_see_more():
    problem = describe(ValueError("first\nsecond"))
    assert problem.exit_code == 1
    assert problem.text.startswith("this should not happen: ValueError: first second (CROSSFADE_DEBUG=1 shows where")
    assert "\n" not in problem.text


def test_a_missing_package_is_named():
    assert describe(ModuleNotFoundError("no", name="mlflow")).text.startswith("the package 'mlflow' is not installed")


def test_ctrl_c_is_no_failure_of_the_program():
    assert describe(KeyboardInterrupt()).exit_code == 130
