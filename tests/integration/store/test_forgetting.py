"""Forgetting a listener: all of theirs, nothing of anybody else's, and a receipt that names nobody."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from pipelines.data.listening import Listening
from pipelines.store.events import EventLog
from pipelines.store.forgetting import Forgetting
from pipelines.store.imports import Imported, ImportLog
from pipelines.store.secret import Secret
from pipelines.store.tokens import TokenSafe
from tests.support.stores import NOON, event

pytestmark = pytest.mark.integration

SECRET = Secret(b"s" * 32)
# No hash, drawn anew in each run, can spell an "@".
ADA = "ada@example.org"


@pytest.fixture
def full(database):
    """A store that knows two listeners."""
    for listener in (ADA, "bob"):
        EventLog(database).append([event(f"{listener}-{number}", listener_id=listener) for number in range(3)])
        TokenSafe(database, SECRET).put(listener, "spotify", f"token of {listener}", now=NOON)
        imports = ImportLog(database)
        imports.begin(f"i-{listener}", listener, "c1", now=NOON)
        assert imports.finish(f"i-{listener}", Imported("lastfm", Listening.empty(), {"t1": 1.0}, "b", {}), now=NOON)
    return database


def test_everything_of_one_listener_goes_and_everything_of_the_other_stays(full):
    forgetting = Forgetting(full)
    receipt = forgetting.forget(ADA, now=NOON, mac=SECRET.mac("forget", ADA), spooled=2)
    assert receipt.removed == {"events": 5, "history": 2, "imports": 1, "tokens": 1}
    assert set(forgetting.what_remains(ADA).values()) == {0}
    assert forgetting.what_remains("bob") == {"events": 3, "history": 2, "imports": 1, "tokens": 1}


def test_the_receipt_is_kept_and_shows_a_change(full):
    forgetting = Forgetting(full)
    receipt = forgetting.forget(ADA, now=NOON, mac="m")
    assert forgetting.receipts() == [receipt]
    assert receipt.is_whole()
    assert not replace(receipt, removed={**receipt.removed, "events": 0}).is_whole()


def test_the_record_names_nobody(full):
    Forgetting(full).forget(ADA, now=NOON, mac=SECRET.mac("forget", ADA))
    with full.begin() as connection:
        rows = connection.execute(text("SELECT * FROM deletions")).all()
    assert len(rows) == 1
    assert ADA not in str(rows)


def test_the_time_of_forgetting_is_found_by_what_stands_for_the_listener(full):
    forgetting = Forgetting(full)
    assert forgetting.forgotten_at("m") is None
    receipt = forgetting.forget(ADA, now=NOON, mac="m")
    assert forgetting.forgotten_at("m") == receipt.at


def test_nothing_of_it_stays_in_sqlites_files(full):
    if full.path is None:
        pytest.skip("Postgres wipes by its own vacuum")
    EventLog(full).append([event("x", listener_id=ADA, artist="ZZ-a-name-to-look-for-ZZ")])
    files = [full.path, full.path.with_name(f"{full.path.name}-wal")]
    assert any(b"ZZ-a-name-to-look-for-ZZ" in path.read_bytes() for path in files)
    Forgetting(full).forget(ADA, now=NOON, mac="m")
    assert not any(b"ZZ-a-name-to-look-for-ZZ" in path.read_bytes() for path in files if path.exists())


def test_tokens_are_noise_on_disk_and_in_another_secrets_hands(full):
    safe = TokenSafe(full, SECRET)
    assert safe.get(ADA, "spotify") == f"token of {ADA}"
    safe.put(ADA, "spotify", "a newer one", now=NOON)
    assert safe.get(ADA, "spotify") == "a newer one"
    with full.begin() as connection:
        assert b"a newer one" not in bytes(connection.execute(text("SELECT sealed FROM tokens")).scalars().all()[0])
    assert TokenSafe(full, Secret(b"o" * 32)).get(ADA, "spotify") is None
    safe.drop(ADA, "spotify")
    assert safe.get(ADA, "spotify") is None
    assert safe.get("bob", "spotify") == "token of bob"
