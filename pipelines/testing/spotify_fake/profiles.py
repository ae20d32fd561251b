"""What an app may do: a development-mode app of 2026, or one with extended quota."""

from __future__ import annotations

from enum import StrEnum


class Profile(StrEnum):
    """The kind of app the server takes its clients for."""

    #: Development mode since February 2026: no multi-gets, no audio features, fewer fields, ten results a search.
    DEV_2026 = "dev_2026"
    #: Extended quota: the older endpoints and fields are still there.
    EXTENDED = "extended"

    @property
    def has_old_endpoints(self) -> bool:
        """Whether endpoints and fields that were taken from development mode are there."""
        return self is Profile.EXTENDED

    @property
    def search_limit(self) -> int:
        """The most results of one search call."""
        return 50 if self.has_old_endpoints else 10

    @property
    def search_default(self) -> int:
        """The results of a search call that names no limit."""
        return 20 if self.has_old_endpoints else 5
