"""The one form of every answer that is not a success."""

from __future__ import annotations

from pydantic import BaseModel


class Problem(BaseModel):
    """What is wrong and what to do about it."""

    what: str
    remedy: str


class ErrorAnswer(BaseModel):
    """The answer of every call that fails."""

    error: Problem
    request_id: str
