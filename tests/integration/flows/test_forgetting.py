"""Forgetting a person through the whole house: nothing of them is left, and the model never knew them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from flows import forgetting
from flows.batch import batch
from flows.forgetting import forget, requests_of
from flows.forgetting_models import dataset_of
from flows.ingestion import ingest
from flows.latest import latest_snapshot, read_training, snapshot_named
from flows.promoting import promote
from flows.receipt_check import check_receipt
from flows.registry import load_champion
from flows.scrubbing import Name, files_that_name
from flows.settings import load_settings
from flows.training import train
from pipelines.data import columns as c
from pipelines.data.consent import ConsentLedger
from pipelines.data.feedback import Event
from pipelines.errors import UnknownIdError
from pipelines.release.champion import champion_bundle, read_champion
from pipelines.release.forgetting import distance, retrained
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from tests.support.people import agree, write_scrobbles

pytestmark = pytest.mark.integration

ADA = "person:ada"


@pytest.fixture
def lived_in(new_home, tmp_path):
    """A home in which Ada has left her traces everywhere, and two others theirs."""
    for listener in ("ada", "adam", "ben"):
        agree(new_home, listener)
    ingest("synthetic", {"size": "tiny"})
    for place, listener in enumerate(("adam", "ada", "ben")):
        scrobbles = write_scrobbles(tmp_path / f"{listener}.csv", first=6 * place)
        ingest("lastfm", {"archive": str(scrobbles), "listener": listener})
    promote(train().record.training_id)
    batch(k=5, shards=2)
    database = Database.of(new_home)
    bring_up_to_date(database)
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    EventLog(database).append([Event(ADA, "e1", "like", now, track_id="t1"), Event("bob", "e1", "like", now, "t1")])
    database.close()
    return new_home


def ask(listener):
    requests_of(load_settings().settings).add(listener, now=datetime.now(UTC))


def test_nothing_is_left_of_a_person_and_the_model_never_knew_them(lived_in, monkeypatch):
    settings = load_settings().settings
    before = champion_bundle(lived_in)
    snapshot_before = latest_snapshot(lived_in)
    assert before.users.index(ADA) >= 0
    assert files_that_name(lived_in, Name(ADA))
    ask(ADA)
    killed_before("old models", monkeypatch)
    assert [request.listener_id for request in requests_of(settings).waiting()] == [ADA]
    assert ADA not in next(lived_in.forget_requests.glob("*.json")).read_text(), "the name waits sealed"
    (receipt,) = forget()

    assert files_that_name(lived_in, Name(ADA)) == []
    assert files_that_name(lived_in, Name("person:adam")) != [], "nobody else goes with her"
    after = champion_bundle(lived_in)
    assert set(before.users.ids) - set(after.users.ids) == {ADA}
    snapshot = latest_snapshot(lived_in)
    assert snapshot.interactions().data[c.USER_ID].to_pylist().count(ADA) == 0
    assert snapshot.rows["interactions"] < snapshot_before.rows["interactions"]
    assert not before.path.exists()
    assert not snapshot_before.path.exists()

    # What names the old ones leads to the new ones.
    assert snapshot_named(lived_in, snapshot_before.snapshot_id).snapshot_id == snapshot.snapshot_id
    assert read_training(lived_in).bundle_id == read_champion(lived_in).bundle_id == after.bundle_id

    # The model is the one that a training without her gives.
    again = retrained(after, dataset_of(after, snapshot, settings))
    assert distance(after.recommender, again) <= 1e-6
    assert distance(before.recommender, after.recommender) > 1e-6, "she had taught it something"

    # The registered model is the same model.
    served = load_champion(settings.tracking_uri).unwrap_python_model()
    assert set(served.bundle.users.ids) == set(after.users.ids)

    assert receipt.removed["events"] == 1
    assert {"snapshot", "bundle", "consents", "report", "lists"} <= {change.what for change in receipt.changes}
    path = lived_in.forgotten / f"{receipt.receipt_id}.json"
    assert ADA not in path.read_text()
    assert all(claim.holds for claim in check_receipt(settings, path, ADA))
    assert not next(claim for claim in check_receipt(settings, path, "person:adam") if "about" in claim.words).holds

    # The ledger keeps that somebody agreed, and not who.
    people = {consent.person: consent.active for consent in ConsentLedger(lived_in.consents).consents()}
    assert people == {f"forgotten:{receipt.mac[:16]}": False, "person:adam": True, "person:ben": True}

    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "removed": {**told["removed"], "events": 99}}))
    assert [claim.words for claim in check_receipt(settings, path) if not claim.holds] == [
        "the receipt is as it was written"
    ]


def killed_before(words, monkeypatch):
    """Run the flow and kill it before one of its steps; a killed process does no more than an exception here."""

    def kill(_request, _settings):
        raise KeyboardInterrupt
        yield

    whole = forgetting._STEPS
    first = next(number for number, (step, _) in enumerate(whole) if step == words)
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "_STEPS", (*whole[:first], (words, kill)))
        with pytest.raises(KeyboardInterrupt):
            forget()


def test_who_was_forgotten_does_not_come_back_with_the_next_reading(new_home):
    first = ingest("synthetic", {"size": "tiny"})
    listener = snapshot_named(new_home, first.snapshot_id).interactions().data[c.USER_ID][0].as_py()
    for each in ("nobody-we-know", listener):
        ask(each)
    with pytest.raises(UnknownIdError, match="nothing is known"):
        forget()
    assert files_that_name(new_home, Name(listener)) == [], "who asked after a stranger does not wait for them"
    without = latest_snapshot(new_home)
    again = ingest("synthetic", {"size": "tiny"})
    assert again.snapshot_id == without.snapshot_id
    assert again.tables["interactions"].left_out["of people who asked to be forgotten"] > 0
    ask(listener)
    with pytest.raises(UnknownIdError, match="nothing is known"):
        forget()
    assert list(new_home.forget_requests.glob("*.json")) == []
