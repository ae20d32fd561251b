"""The service's logs: BentoML's lines, or one JSON object a line with the request's id, for programs."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from serving.request import request_id

_LOGGERS = ("serving", "pipelines", "bentoml", "uvicorn.error")

#: One line a call, with its address, status and time; off unless the logs are JSON.
access = logging.getLogger("serving.access")


class JsonLines(logging.Formatter):
    """Makes a record one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get() or None,
            **getattr(record, "figures", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False)


def arrange(*, as_json: bool) -> None:
    """Let our messages go where BentoML's go, and keep out of the log what is the caller's business.

    Args:
        as_json: Whether every line is to be a JSON object, with a line for each call.
    """
    ours, theirs = logging.getLogger("serving"), logging.getLogger("bentoml")
    handlers = theirs.handlers
    if as_json:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(JsonLines())
        handlers = [handler]
    for name in _LOGGERS if as_json else ("serving", "pipelines"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = handlers, False
    ours.setLevel(theirs.level)
    access.disabled = not as_json
    logging.getLogger("bentoml._internal.server.http_app").addFilter(_is_not_the_callers)


def called(path: str, status: int, seconds: float) -> None:
    """Log a call, where calls are logged; a query could name somebody, so only the path is."""
    if not access.disabled:
        figures = {"path": path, "status": status, "ms": round(seconds * 1000, 3)}
        access.info("call", extra={"figures": figures})


def _is_not_the_callers(record: logging.LogRecord) -> bool:
    """Tell whether a log record is about anything but a request that does not fit or was broken off by its sender."""
    kind = record.exc_info[0] if record.exc_info else None
    return not (kind and issubclass(kind, (ValidationError, ClientDisconnect)))
