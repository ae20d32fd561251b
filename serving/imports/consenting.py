"""What listeners of the page agree to before they bring their own data: one text, kept in the ledger of consents.

A service that shares a store with the flows and no disk sends word to the ledger, which is theirs.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from pipelines.data.consent import ConsentLedger, consent_id_of
from pipelines.data.consent_text import ConsentText, consent_text
from pipelines.data.feedback import SOURCE
from pipelines.errors import NotPermittedError
from pipelines.home import Home
from pipelines.store.outbox import AGREE, TAKE_BACK, Outbox


class ConsentDesk:
    """Shows the text, and records who agreed to it and who took it back.

    Args:
        home: Where the ledger is.
        outbox: Where word to it is left instead, where it is on another machine.
    """

    def __init__(self, home: Home, outbox: Outbox | None = None) -> None:
        self._ledger = ConsentLedger(home.consents)
        self._outbox = outbox

    @property
    def text(self) -> ConsentText:
        """The words that are shown today."""
        return consent_text(SOURCE)

    def check(self, version: str) -> None:
        """Check that somebody agrees to today's words.

        Raises:
            NotPermittedError: They do not say so, or agree to others.
        """
        if version != str(self.text.version):
            raise NotPermittedError(
                "nobody has agreed to the words that are shown today" if version else "nobody has agreed to anything",
                where="consent",
                remedy=f"Show the words of /v1/import/consent, and send their version: consent={self.text.version}",
            )

    def grant(self, listener_id: str) -> str:
        """Record that a listener agreed to today's words, and return the id of the consent.

        Raises:
            CrossfadeError: The ledger cannot be written, or no word can be left for it.
        """
        text, now = self.text, datetime.now(UTC)
        if self._outbox is None:
            return self._ledger.grant(listener_id, SOURCE, text, now=now).consent_id
        self._outbox.post(AGREE, listener_id, now=now, source=SOURCE, text=text.name, version=text.version)
        return consent_id_of(listener_id, SOURCE, text)

    def withdraw(self, listener_id: str) -> None:
        """Record that a listener takes everything back, where there is something to take back.

        Raises:
            CrossfadeError: The ledger cannot be written, or no word can be left for it.
        """
        if self._outbox is not None:
            self._outbox.post(TAKE_BACK, listener_id, now=datetime.now(UTC))
        elif any(consent.person == listener_id for consent in self._ledger.standing()):
            with suppress(NotPermittedError):
                self._ledger.withdraw(listener_id, now=datetime.now(UTC))
