"""A faithful local fake of the Spotify Web API of 2026: a real HTTP server for real clients.

``with SpotifyFake() as fake`` starts it; ``fake.api_url`` and ``fake.accounts_url`` stand for the real addresses. What
it answers, whom it refuses and how follows what was measured of the real service, not its older documentation.
"""

from pipelines.testing.spotify_fake.accounts import CLIENT_ID, CLIENT_SECRET, Consent
from pipelines.testing.spotify_fake.faults import KINDS, Fault, Faults
from pipelines.testing.spotify_fake.journal import Entry
from pipelines.testing.spotify_fake.profiles import Profile
from pipelines.testing.spotify_fake.server import SpotifyFake

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "KINDS", "Consent", "Entry", "Fault", "Faults", "Profile", "SpotifyFake"]
