"""What listeners of the page agree to before they bring their own data: one text, kept in the ledger of consents."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from pipelines.data.consent import ConsentLedger
from pipelines.data.consent_text import ConsentText, consent_text
from pipelines.data.feedback import SOURCE
from pipelines.errors import NotPermittedError
from pipelines.home import Home


class ConsentDesk:
    """Shows the text, and records who agreed to it and who took it back.

    Args:
        home: Where the ledger is.
    """

    def __init__(self, home: Home) -> None:
        self._ledger = ConsentLedger(home.consents)

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
            CrossfadeError: The ledger cannot be written.
        """
        return self._ledger.grant(listener_id, SOURCE, self.text, now=datetime.now(UTC)).consent_id

    def withdraw(self, listener_id: str) -> None:
        """Record that a listener takes everything back, where there is something to take back.

        Raises:
            CrossfadeError: The ledger cannot be written.
        """
        if any(consent.person == listener_id for consent in self._ledger.standing()):
            with suppress(NotPermittedError):
                self._ledger.withdraw(listener_id, now=datetime.now(UTC))
