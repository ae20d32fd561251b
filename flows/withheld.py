"""Who may have no list: people who were forgotten, or have asked to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from flows.outbox import collect_letters
from flows.settings import Settings
from pipelines.release.model_bundle import ModelBundle
from pipelines.store.forget_requests import mac_of
from pipelines.store.receipts import receipt_macs, waiting_macs
from pipelines.store.secret import Secret


@dataclass(frozen=True)
class Withheld:
    """Tells of listeners whether they may have no list, as things stand whenever it is asked.

    Somebody who was forgotten before the model was opened, and whom it knows all the same, has come back by themselves.

    Attributes:
        settings: Name the home folder and the secret.
        bundle: The model that makes the lists.
        all_known: Whether all listeners who will be asked for are the bundle's own.
        before: What stood for the people who had been forgotten when the model was opened.
    """

    settings: Settings
    bundle: ModelBundle
    all_known: bool
    before: frozenset[str]

    def __call__(self, listeners: pa.Array) -> np.ndarray:
        """Return for each listener whether they may have no list.

        Raises:
            CrossfadeError: A receipt, a request, the installation's secret or a shared store cannot be read.
        """
        out = np.zeros(len(listeners), dtype=bool)
        home = self.settings.layout
        collect_letters(self.settings)
        now = waiting_macs(home)
        now |= receipt_macs(home) - self.before
        earlier = frozenset[str]() if self.all_known else self.before
        if now or earlier:
            secret = Secret.of(home, self.settings.secret_key.get_secret_value())
            for place, listener in enumerate(listeners.to_pylist()):
                mac = mac_of(secret, listener)
                out[place] = mac in now or (mac in earlier and self.bundle.users.index(listener) < 0)
        return out
