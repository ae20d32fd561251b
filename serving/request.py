"""What is known of the request being answered, wherever in the service somebody needs it."""

from __future__ import annotations

from contextvars import ContextVar

#: Its id: the caller's, where it is a sane one, else random.
request_id: ContextVar[str] = ContextVar("request_id", default="")

#: Whether it came encrypted, so that its cookies may be kept from going out in the clear.
secure: ContextVar[bool] = ContextVar("secure", default=False)
