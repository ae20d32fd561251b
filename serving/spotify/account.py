"""A listener's own account on Spotify: log in, and save a playlist once, privately."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pipelines.data.hashing import hash_json
from pipelines.errors import AccessError, NotSupportedError
from pipelines.sources.spotify_api.app import SpotifyApp
from pipelines.sources.spotify_api.login import SAVE_PRIVATE_SCOPE, begin_login, finish_login, resume_login
from pipelines.sources.spotify_api.refusals import Reason
from pipelines.store.tokens import TokenSafe
from serving.spotify.logins import Begun, SealedLogin

if TYPE_CHECKING:
    from pipelines.sources.spotify_api.saving import SavedPlaylist

#: A person waits for the answer: Spotify gets a few seconds in all, not a minute.
_PATIENCE_SECONDS: Final = 8.0
_ATTEMPTS: Final = 3
_LOG_IN_FIRST: Final = frozenset({Reason.LOGIN_ENDED, Reason.MISSING_SCOPE, Reason.WRONG_CLIENT})


class SpotifyAccounts:
    """The accounts of the page's listeners.

    Args:
        app: The app of whoever runs the service; without a client id nothing of this is to be had.
        safe: Where log-ins are kept.
    """

    def __init__(self, app: SpotifyApp, safe: TokenSafe) -> None:
        self._app = app
        self._safe = safe

    def require(self) -> None:
        """Check that there is an app.

        Raises:
            NotSupportedError: There is none.
        """
        if not self._app.client_id.strip():
            raise NotSupportedError(
                "saving to Spotify is not set up here",
                remedy="Download the playlist instead; whoever runs the service can set CROSSFADE_SPOTIFY_CLIENT_ID",
            )

    def begin(self, listener_id: str, redirect_uri: str) -> str:
        """Begin a log-in, and return the page of Spotify's on which the listener decides."""
        from pipelines.sources.spotify_api.session import SpotifySession

        pending = begin_login(self._app, SpotifySession(self._app), (SAVE_PRIVATE_SCOPE,), redirect_uri)
        begun = Begun(pending.state, pending.verifier, redirect_uri, time.time())
        self._login(listener_id).begin(begun)
        return pending.address

    def finish(self, listener_id: str, answer: str) -> None:
        """Finish a log-in with the address the browser came back to.

        Raises:
            AccessError: The listener said no, the answer belongs to no log-in of theirs, or Spotify does not take it.
        """
        from pipelines.sources.spotify_api.session import SpotifySession

        place = self._login(listener_id)
        begun, session = place.begun(time.time()), SpotifySession(self._app)
        pending = resume_login(
            self._app, session, state=begun.state, verifier=begun.verifier, redirect_uri=begun.redirect_uri
        )
        login = finish_login(pending, answer, app=self._app, listener=place.listener, now=time.time())
        place.save(login)

    def may_save(self, listener_id: str) -> bool:
        """Tell whether the listener has logged in, to this app, and permitted saving."""
        login = self._login(listener_id).load()
        return login is not None and login.client_id == self._app.client_id and SAVE_PRIVATE_SCOPE in login.scopes

    def save(self, listener_id: str, name: str, spotify_ids: Sequence[str]) -> SavedPlaylist | None:
        """Save a private playlist; the same one is saved once. None where the listener has to log in first.

        Raises:
            AccessError: Spotify refused, or did not answer; the same call later goes on from there.
            SourceError: Somebody changed the playlist before it was finished.
        """
        from pipelines.sources.spotify_api.client import SpotifyClient
        from pipelines.sources.spotify_api.saving import Plan, save_playlist
        from pipelines.sources.spotify_api.session import Patience

        ids = list(dict.fromkeys(spotify_ids))
        title = " ".join(name.split())
        token = hash_json([title, False, *ids])[:16]
        plan = Plan(title, public=False, token=token, tracks=tuple({"id": each} for each in ids), unknown=())
        patience = Patience(total=_PATIENCE_SECONDS, attempts=_ATTEMPTS)
        client = SpotifyClient(self._app, self._login(listener_id), patience)
        try:
            return save_playlist(client, self._app.person_folder(_name(listener_id)) / "saved", plan)
        except AccessError as error:
            if error.reason in _LOG_IN_FIRST:
                return None
            raise

    def forget(self, listener_id: str) -> None:
        """Remove what was written down about playlists that were saved; the store forgets the log-in."""
        shutil.rmtree(self._app.person_folder(_name(listener_id)), ignore_errors=True)

    def _login(self, listener_id: str) -> SealedLogin:
        name = _name(listener_id)
        return SealedLogin(self._safe, listener_id, name, self._app.person_folder(name))


def _name(listener_id: str) -> str:
    """Return the name of a listener of the page: ids have a colon, which no name has."""
    return listener_id.replace(":", "-")
