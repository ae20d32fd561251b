"""A service with a disk of its own, and flows with theirs: what people say to the one counts for the other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from flows.consent import permissions_of
from flows.forgetting import forget, requests_of
from flows.outbox import collect_letters
from flows.settings import load_settings
from pipelines.data.consent import ConsentLedger
from pipelines.errors import CrossfadeError, UnknownIdError
from pipelines.home import Home
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from pipelines.store.outbox import Outbox
from pipelines.store.receipts import forgotten_macs
from pipelines.store.secret import Secret
from serving.imports.consenting import ConsentDesk
from serving.store.gateway import StoreGateway
from serving.store.spool import Spool
from tests.support.stores import event

pytestmark = pytest.mark.integration

KEY = "a secret that services and flows share"


@pytest.fixture
def replica(new_home, cluster, tmp_path, monkeypatch):
    """The parts of a service in another home folder: its desk for consents, and its gateway."""
    address = cluster.new_database()
    monkeypatch.setenv("CROSSFADE_STORE_URL", address)
    monkeypatch.setenv("CROSSFADE_SECRET_KEY", KEY)
    home, database = Home(tmp_path / "replica"), Database(address)
    bring_up_to_date(database)
    secret = Secret.of(home, KEY)
    outbox = Outbox(database, secret)
    gateway = StoreGateway(database, Spool(home.spool), secret, outbox)
    gateway.look()
    yield home, ConsentDesk(home, outbox), gateway
    gateway.stop()


def test_feedback_that_waited_on_a_replica_does_not_bring_back_who_was_forgotten_meanwhile(new_home, replica):
    _, _, gateway = replica
    gateway.spool.append([event("e1", listener_id="web:1"), event("e1", listener_id="web:2")])
    requests_of(load_settings().settings).add("web:1", now=datetime.now(UTC))
    with pytest.raises(UnknownIdError):  # as far as anybody but the replica can tell
        forget()
    gateway.look()
    assert [events[0].listener_id for events in EventLog(gateway.database).listeners()] == ["web:2"]


def test_letters_whose_reader_was_killed_are_read_again_and_count_once(new_home, replica, monkeypatch):
    _, desk, gateway = replica
    settings = load_settings().settings
    EventLog(gateway.database).append([event("e1", listener_id="web:1")])
    desk.grant("web:1")
    asyncio.run(gateway.forget("web:1"))
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.store.outbox.delete", killed)  # all is carried over, none is gone
        with pytest.raises(KeyboardInterrupt):
            collect_letters(settings)
    (request,) = requests_of(settings).waiting()
    assert request.removed["events"] == 1, "else the test shows nothing"
    assert collect_letters(settings) == 3
    assert requests_of(settings).waiting() == (request,)
    asyncio.run(gateway.forget("web:1"))
    assert collect_letters(settings) == 2, "who asks anew is heard"


def test_a_letter_of_a_later_version_waits_for_flows_of_that(new_home, replica):
    _, _, gateway = replica
    settings = load_settings().settings
    outbox = Outbox(gateway.database, Secret.of(new_home, KEY))
    outbox.post("sing", "web:1", now=datetime.now(UTC))
    with pytest.raises(CrossfadeError, match="Run flows and services of the same version"):
        collect_letters(settings)
    with outbox.emptied() as letters:
        assert [letter.kind for letter in letters] == ["sing"]


def killed(*_):
    """End as by a hand."""
    raise KeyboardInterrupt


def test_consents_and_wishes_to_be_forgotten_reach_the_flows_and_leave_nothing_on_the_replica(new_home, replica):
    other_home, desk, gateway = replica
    settings = load_settings().settings
    consent = desk.grant("web:1")
    EventLog(gateway.database).append([event("e1", listener_id="web:1"), event("e1", listener_id="web:2")])
    (standing,) = permissions_of(settings).consents
    assert (standing.consent_id, standing.person, standing.source) == (consent, "web:1", "feedback")

    desk.withdraw("web:1")
    assert permissions_of(settings).consents == (), "at the next training, not at the next forgetting"
    asyncio.run(gateway.forget("web:1"))
    assert forgotten_macs(new_home) == set()
    assert collect_letters(settings) == 2, "before and after the store let go of them"
    assert len(forgotten_macs(new_home)) == 1, "from now on no flow takes them in"

    (receipt,) = forget()
    assert receipt.removed["events"] == 1
    assert [change.what for change in receipt.changes] == ["consents"]
    assert [each["person"].partition(":")[0] for each in ConsentLedger(new_home.consents).events()] == ["forgotten"] * 2
    assert not any("web:1" in path.read_text(errors="replace") for path in other_home.root.rglob("*") if path.is_file())
    assert EventLog(gateway.database).count() == 1
