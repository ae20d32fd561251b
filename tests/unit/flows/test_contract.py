"""What the gate asks of one source here, and what becomes its past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flows.contract import contract_of, rules_of
from flows.settings import Settings
from pipelines.data.snapshot import Snapshot
from pipelines.sources.files import Files, FilesOptions
from pipelines.sources.lastfm import Lastfm
from validation.kinds import Action
from validation.profile import Profile

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def files(tmp_path):
    return Files(FilesOptions(interactions=tmp_path / "plays.csv"))


def scrobbles(tmp_path, listener):
    return Lastfm(Lastfm.options_type(archive=tmp_path / "scrobbles.csv", listener=listener))


def test_the_rules_are_those_of_the_source_and_its_reading(tmp_path):
    settings = Settings(home=tmp_path)
    assert contract_of(files(tmp_path), settings).rules.batch.listeners.action is Action.STOP
    assert contract_of(scrobbles(tmp_path, "ann"), settings).rules.batch.listeners.action is Action.WARN


def test_a_home_with_peoples_own_data_alone_needs_no_five_listeners(tmp_path):
    settings = Settings(home=tmp_path)
    alone = Snapshot(tmp_path, {"readings": {"lastfm": "person"}})
    beside_others = Snapshot(tmp_path, {"readings": {"lastfm": "person", "files": "population"}})
    assert rules_of(alone, settings).batch.listeners.action is Action.WARN
    assert rules_of(beside_others, settings).batch.listeners.action is Action.STOP


def test_what_was_accepted_is_the_past_of_the_next_batch(tmp_path):
    settings = Settings(home=tmp_path)
    contract = contract_of(files(tmp_path), settings)
    assert contract.past.batches == ()
    contract.accept(Profile(rows={"tracks": 3}), NOW)
    contract_of(files(tmp_path), settings).accept(Profile(rows={"tracks": 4}), NOW + timedelta(days=1))
    assert contract_of(files(tmp_path), settings).past.total.rows == {"tracks": 7}


def test_a_person_is_compared_with_that_person_only(tmp_path):
    settings = Settings(home=tmp_path)
    contract_of(scrobbles(tmp_path, "ann"), settings).accept(Profile(rows={"tracks": 3}), NOW)
    assert contract_of(scrobbles(tmp_path, "bob"), settings).past.batches == ()
    assert len(contract_of(scrobbles(tmp_path, "ann"), settings).past.batches) == 1


def test_no_more_batches_are_kept_than_the_rules_say(tmp_path):
    (tmp_path / "gate.toml").write_text("[past]\nkeep = 2\n", encoding="utf-8")
    settings = Settings(home=tmp_path, gate=tmp_path / "gate.toml")
    for rows in range(5):
        contract_of(files(tmp_path), settings).accept(Profile(rows={"tracks": rows}), NOW)
    assert contract_of(files(tmp_path), settings).past.total.rows == {"tracks": 3 + 4}


def test_without_a_file_of_rules_the_defaults_hold(tmp_path):
    contract = contract_of(files(tmp_path), Settings(home=tmp_path, gate=None))
    assert contract.rules.batch.join_rate.at_least == 0.9
