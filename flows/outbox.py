"""Carries over what services with a disk of their own have left in the store: who is to be forgotten, who agreed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import datetime
from typing import Final

from flows.settings import Settings
from pipelines.data.consent import ConsentLedger
from pipelines.data.consent_text import text_version
from pipelines.errors import CrossfadeError, NotPermittedError
from pipelines.store.database import Database
from pipelines.store.forget_requests import ForgetRequests
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.outbox import AGREE, FORGET, TAKE_BACK, Letter, Outbox
from pipelines.store.secret import Secret

_PATIENCE_SECONDS: Final = 60
_SAME_VERSION: Final = "Run flows and services of the same version; until then the letter waits"


def collect_letters(settings: Settings) -> int:
    """Take what services have to say into the home folder, and return how many things that were.

    Called before anything rests on who agreed and who is to be forgotten. A store in the home folder has no letters:
    its service writes where the flows look.

    Raises:
        StoreError: The store cannot be used, or services and flows have different secrets.
        CrossfadeError: The home folder cannot be written, or a service is of a later version.
    """
    home = settings.layout
    with closing(Database.of(home, settings.store_url.get_secret_value(), _PATIENCE_SECONDS)) as database:
        if not database.is_shared:
            return 0
        bring_up_to_date(database)
        secret = Secret.of(home, settings.secret_key.get_secret_value())
        requests, ledger = ForgetRequests(home, secret), ConsentLedger(home.consents)
        with Outbox(database, secret).emptied() as letters:
            for letter in letters:
                _reader_of(letter)(letter, requests, ledger)
        return len(letters)


def _reader_of(letter: Letter) -> Callable[[Letter, ForgetRequests, ConsentLedger], None]:
    reader = _READERS.get(letter.kind)
    if reader is None:
        raise CrossfadeError(f"a service left a letter of a kind not known here, '{letter.kind}'", remedy=_SAME_VERSION)
    return reader


def _forget(letter: Letter, requests: ForgetRequests, _: ConsentLedger) -> None:
    requests.add(letter.listener_id, now=datetime.fromisoformat(letter.at), removed=letter.said["removed"])


def _agree(letter: Letter, _: ForgetRequests, ledger: ConsentLedger) -> None:
    text = text_version(letter.said["text"], letter.said["version"])
    ledger.grant(letter.listener_id, letter.said["source"], text, now=datetime.fromisoformat(letter.at))


def _take_back(letter: Letter, _: ForgetRequests, ledger: ConsentLedger) -> None:
    with suppress(NotPermittedError):  # who is forgotten need not have agreed to anything
        ledger.withdraw(letter.listener_id, now=datetime.fromisoformat(letter.at))


_READERS: Final[Mapping[str, Callable[[Letter, ForgetRequests, ConsentLedger], None]]] = {
    FORGET: _forget,
    AGREE: _agree,
    TAKE_BACK: _take_back,
}
