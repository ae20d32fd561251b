"""Letters of services to flows: read once, in their order, by nobody without the secret."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from pipelines.errors import CrossfadeError, StoreError
from pipelines.store.outbox import AGREE, FORGET, Outbox
from pipelines.store.secret import Secret
from tests.support.stores import NOON

pytestmark = pytest.mark.integration

SECRET = Secret(b"s" * 32)


@pytest.fixture
def outbox(database):
    return Outbox(database, SECRET)


def read(outbox):
    with outbox.emptied() as letters:
        return [(each.kind, each.listener_id, dict(each.said)) for each in letters]


def test_letters_come_in_their_order_and_once(outbox):
    outbox.post(AGREE, "ada", now=NOON, source="feedback")
    outbox.add("ada", now=NOON, removed={"events": 2})
    assert read(outbox) == [(AGREE, "ada", {"source": "feedback"}), (FORGET, "ada", {"removed": {"events": 2}})]
    assert read(outbox) == []


def test_a_letter_that_could_not_be_carried_over_stays(outbox):
    outbox.add("ada", now=NOON)
    with pytest.raises(CrossfadeError, match="full"), outbox.emptied():
        raise CrossfadeError("the disk is full")
    assert read(outbox) == [(FORGET, "ada", {"removed": {}})]


def test_nobody_is_named_in_the_table_and_another_secret_opens_nothing(outbox, database):
    outbox.add("ada@example.org", now=NOON)
    with database.begin() as connection:
        assert "ada@example.org" not in str(connection.execute(text("SELECT * FROM outbox")).all())
    with pytest.raises(StoreError, match="the same CROSSFADE_SECRET_KEY"):
        read(Outbox(database, Secret(b"t" * 32)))
    assert len(read(outbox)) == 1, "it waits for whoever can read it"
