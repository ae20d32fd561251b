"""API keys: shown once, kept as a hash, ended by time or by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from pipelines.errors import ConfigError, UnknownIdError
from pipelines.store.keys import KeyRing
from tests.support.stores import NOON

pytestmark = pytest.mark.integration


def test_a_key_is_found_by_itself_and_by_nothing_else(database):
    ring = KeyRing(database)
    key, made = ring.create("shop", ["listen", "recommend"], per_minute=60, now=NOON)
    assert key.startswith(f"cf_{made.key_id}_")
    assert ring.find(key) == made == ring.all()[0]
    assert made.scopes == {"listen", "recommend"}
    assert ring.find(key[:-1]) is ring.find("") is ring.find(made.key_id) is None


def test_the_store_does_not_hold_the_key(database):
    key, _ = KeyRing(database).create("shop", ["listen"], per_minute=60, now=NOON)
    with database.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM api_keys")).all())
    assert key not in rows
    assert key.rpartition("_")[2] not in rows


def test_a_key_works_until_its_end_or_until_it_is_revoked(database):
    ring = KeyRing(database)
    _, forever = ring.create("a", ["recommend"], per_minute=60, now=NOON)
    _, for_a_day = ring.create("b", ["recommend"], per_minute=60, now=NOON, expires=NOON + timedelta(days=1))
    late = NOON + timedelta(days=1)
    assert forever.works(late)
    assert for_a_day.works(NOON)
    assert not for_a_day.works(late)
    revoked = ring.revoke(forever.key_id, now=NOON)
    assert not revoked.works(NOON)
    assert ring.revoke(forever.key_id, now=late) == revoked


def test_what_is_no_scope_and_what_is_no_key_are_refused(database):
    with pytest.raises(ConfigError, match="'everything' are no scopes"):
        KeyRing(database).create("a", ["everything"], per_minute=60, now=NOON)
    with pytest.raises(UnknownIdError, match="no key 'abc'"):
        KeyRing(database).revoke("abc", now=NOON)
