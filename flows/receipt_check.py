"""Checking the receipt of a forgetting against what is there: files, names, and models trained anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.forgetting import requests_of
from flows.forgetting_models import dataset_of
from flows.forgetting_places import KEPT_MEASUREMENT
from flows.latest import snapshot_named
from flows.publishing import PUBLISHED, is_unpublished
from flows.scrubbing import Name, files_that_name
from flows.settings import Settings
from pipelines.data.hashing import hash_file
from pipelines.home import Home
from pipelines.release.bundle import MANIFEST, read_bundle
from pipelines.release.forgetting import distance, retrained
from pipelines.store.receipts import Change, ForgetReceipt, read_receipt

#: Two ways to the same model may differ by the rounding of 32-bit numbers.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Claim:
    """One thing a receipt says, and whether it holds."""

    holds: bool
    words: str

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)


def check_receipt(settings: Settings, path: Path, user: str | None = None) -> tuple[Claim, ...]:
    """Check a receipt.

    Args:
        settings: All settings.
        path: The receipt.
        user: Who says that it is about them; then it is checked that it is, and every file is searched.

    Raises:
        CrossfadeError: It cannot be read, or a file that it names is damaged.
    """
    receipt, home = read_receipt(path), settings.layout
    return tuple(_claims(receipt, home, settings, user))


def _claims(receipt: ForgetReceipt, home: Home, settings: Settings, user: str | None) -> Iterator[Claim]:
    yield Claim(receipt.is_whole(), "the receipt is as it was written")
    yield from _gone(receipt, home, settings)
    for change in receipt.changes:
        if change.what == "bundle" and change.now_at and (home.root / change.now_at / MANIFEST).is_file():
            yield _model_claim(home.root / change.now_at, settings)
    if user is not None:
        theirs = requests_of(settings).mac_of(user) == receipt.mac
        yield Claim(theirs, "it is about this listener" if theirs else "it is about somebody else")
        left = files_that_name(home, Name(user))
        yield Claim(not left, f"{len(left)} files name them" if left else "no file names them")


def _gone(receipt: ForgetReceipt, home: Home, settings: Settings) -> Iterator[Claim]:
    """Say of each thing whether it is no longer what it was; of kept measurements that are gone, how many they are."""
    gone_measurements = 0
    for change in receipt.changes:
        gone = is_unpublished(change.where, settings) if change.what == PUBLISHED else _is_gone(change, home)
        if gone and change.what == KEPT_MEASUREMENT:
            gone_measurements += 1
        else:
            yield Claim(gone, f"{change.what} {change.where} {'was removed or replaced' if gone else 'is still there'}")
    if gone_measurements:
        yield Claim(holds=True, words=f"{gone_measurements:,} kept measurements were removed")


def _is_gone(change: Change, home: Home) -> bool:
    path = home.root / change.where
    file = path / MANIFEST if path.is_dir() else path
    return not file.is_file() or hash_file(file) != change.before


def _model_claim(path: Path, settings: Settings) -> Claim:
    """Compare a model that was written anew with one that is trained from scratch on the data without the person."""
    bundle = read_bundle(path)
    snapshot = snapshot_named(settings.layout, bundle.manifest["lineage"]["snapshot_id"])
    apart = distance(bundle.recommender, retrained(bundle, dataset_of(bundle, snapshot, settings)))
    return Claim(apart <= _TOLERANCE, f"bundle {bundle.bundle_id} differs by {apart:.1e} from one trained without them")
