"""Invented Spotify exports of any size, in every format, with every fault as a switch.

They are written as Spotify writes them: file names, splits, fields, oddities. Personal fields hold the texts of
``SECRETS``, so that a test can look for them wherever something was written.
"""

from __future__ import annotations

from pipelines.testing.spotify_exports.faults import COUNTED, REFUSED, Fault
from pipelines.testing.spotify_exports.listening import SECRETS
from pipelines.testing.spotify_exports.writing import Plan, Written, write_export

__all__ = ["COUNTED", "REFUSED", "SECRETS", "Fault", "Plan", "Written", "write_export"]
