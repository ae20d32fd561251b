"""The ledger of consents: what stands, what was withdrawn, and that nothing that happened is ever lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.data.consent import ConsentLedger
from pipelines.data.consent_text import ConsentText, consent_text, text_version
from pipelines.data.provenance import Use
from pipelines.errors import CrossfadeError, NotPermittedError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
FIRST, SECOND = ConsentText("diary", 1, "You may.\n"), ConsentText("diary", 2, "You may, and more.\n")
ADA, BEN = "person:ada", "person:ben"


@pytest.fixture
def ledger(tmp_path):
    return ConsentLedger(tmp_path / "home" / "consents.sqlite3")


def test_nobody_has_agreed_to_anything_on_a_new_home(ledger, tmp_path):
    assert ledger.consents() == ledger.standing() == ledger.events() == ()
    assert ledger.find(ADA, "diary", FIRST) is None
    assert not (tmp_path / "home").exists(), "looking writes nothing"


def test_what_was_granted_stands_with_the_words_and_the_time(ledger):
    granted = ledger.grant(ADA, "diary", FIRST, now=NOW)
    assert ledger.standing() == (granted,)
    assert (granted.text_version, granted.text_sha256) == (1, FIRST.sha256)
    assert granted.granted_at == "2026-03-01T12:00:00+00:00"
    assert granted.uses == frozenset(Use)


def test_granting_what_stands_records_nothing_more(ledger):
    first = ledger.grant(ADA, "diary", FIRST, now=NOW)
    assert ledger.grant(ADA, "diary", FIRST, now=LATER) == first
    assert len(ledger.events()) == 1


@pytest.mark.parametrize(
    ("person", "source", "text"),
    [(BEN, "diary", FIRST), (ADA, "letters", FIRST), (ADA, "diary", SECOND)],
    ids=["another person", "another source", "a new version"],
)
def test_a_consent_holds_for_one_person_one_source_and_these_words_only(ledger, person, source, text):
    ledger.grant(ADA, "diary", FIRST, now=NOW)
    assert ledger.find(person, source, text) is None


def test_words_that_were_edited_under_the_same_version_are_other_words(ledger):
    ledger.grant(ADA, "diary", FIRST, now=NOW)
    assert ledger.find(ADA, "diary", ConsentText("diary", 1, "You may do anything.\n")) is None


def test_of_two_consents_under_the_same_words_the_newest_counts(ledger):
    ledger.grant(ADA, "diary", FIRST, now=NOW)
    narrow = ledger.grant(ADA, "diary", FIRST, now=LATER, uses=frozenset({Use.DISPLAY}))
    assert ledger.find(ADA, "diary", FIRST) == narrow


def test_a_withdrawn_consent_stands_no_more_and_stays_on_record(ledger):
    granted = ledger.grant(ADA, "diary", FIRST, now=NOW)
    assert ledger.withdraw(ADA, "diary", now=LATER) == (granted,)
    assert ledger.standing() == ()
    (kept,) = ledger.consents()
    assert (kept.consent_id, kept.withdrawn_at) == (granted.consent_id, "2026-03-02T12:00:00+00:00")
    assert [event["action"] for event in ledger.events()] == ["grant", "withdraw"]


def test_withdrawing_one_source_leaves_the_others(ledger):
    ledger.grant(ADA, "diary", FIRST, now=NOW)
    letters = ledger.grant(ADA, "letters", FIRST, now=NOW)
    ledger.withdraw(ADA, "diary", now=LATER)
    assert ledger.standing() == (letters,)


def test_withdrawing_everything_leaves_other_people_alone(ledger):
    for source in ("diary", "letters"):
        ledger.grant(ADA, source, FIRST, now=NOW)
    other = ledger.grant(BEN, "diary", FIRST, now=NOW)
    assert {consent.source for consent in ledger.withdraw(ADA, now=LATER)} == {"diary", "letters"}
    assert ledger.standing() == (other,)


def test_withdrawing_what_was_never_given_says_so(ledger):
    with pytest.raises(NotPermittedError, match=r"'ada' has given no consent for diary .* consent list"):
        ledger.withdraw(ADA, "diary", now=NOW)


def test_agreeing_again_to_the_same_words_is_the_same_consent(ledger):
    first = ledger.grant(ADA, "diary", FIRST, now=NOW)
    ledger.withdraw(ADA, "diary", now=NOW)
    again = ledger.grant(ADA, "diary", FIRST, now=LATER)
    assert (again.consent_id, again.active) == (first.consent_id, True)
    assert [event["action"] for event in ledger.events()] == ["grant", "withdraw", "grant"]


def test_the_same_consent_has_the_same_id_in_any_home(ledger, tmp_path):
    elsewhere = ConsentLedger(tmp_path / "elsewhere.sqlite3").grant(ADA, "diary", FIRST, now=LATER)
    assert ledger.grant(ADA, "diary", FIRST, now=NOW).consent_id == elsewhere.consent_id


@pytest.mark.parametrize("statement", ["DELETE FROM events", "UPDATE events SET action = 'grant'"])
def test_the_database_itself_refuses_to_forget(ledger, tmp_path, statement):
    ledger.grant(ADA, "diary", FIRST, now=NOW)
    database = sqlite3.connect(tmp_path / "home" / "consents.sqlite3")
    with pytest.raises(sqlite3.IntegrityError, match="only grows"):
        database.execute(statement)
    database.close()


def test_a_damaged_ledger_is_one_clear_error(ledger, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "consents.sqlite3").write_text("this is no database, but a text of some length" * 99)
    with pytest.raises(CrossfadeError, match="the ledger of consents cannot be used"):
        ledger.standing()


def test_a_program_killed_while_it_writes_loses_nothing_that_was_acknowledged(tmp_path):
    code = f"""
from datetime import UTC, datetime
from pathlib import Path
from pipelines.data.consent import ConsentLedger
from pipelines.data.consent_text import ConsentText
ledger = ConsentLedger(Path({str(tmp_path / "consents.sqlite3")!r}))
for number in range(10_000):
    ledger.grant(f"person:{{number}}", "diary", ConsentText("diary", 1, "You may."), now=datetime.now(UTC))
    print(number, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout:
            if int(line) == 20:
                os.kill(writer.pid, signal.SIGKILL)
                break
        acknowledged = [20, *(int(line) for line in writer.stdout if line.endswith("\n"))][-1]
    standing = ConsentLedger(tmp_path / "consents.sqlite3").standing()
    known = [consent.person for consent in standing]
    assert known == [f"person:{number}" for number in range(len(known))]
    assert len(known) >= acknowledged + 1
    again = ConsentLedger(tmp_path / "consents.sqlite3").grant(ADA, "diary", FIRST, now=NOW)
    assert again in ConsentLedger(tmp_path / "consents.sqlite3").standing()


def test_the_words_for_an_export_quote_the_clause_and_say_how_to_take_it_back():
    words = " ".join(consent_text("spotify-export").words.split())
    assert "to train a machine learning or AI model or otherwise ingest Spotify Content" in words
    assert "grey area" in words
    assert "crossfade consent withdraw NAME spotify-export" in words
    assert "IP addresses" in words


def test_a_source_without_words_of_its_own_has_those_for_own_data():
    assert consent_text("lastfm").name == consent_text("anything").name == "own-data"


def test_an_earlier_version_can_still_be_read():
    newest = consent_text("spotify-export")
    assert text_version(newest.name, newest.version) == newest
    with pytest.raises(CrossfadeError, match="no version 99 of the consent text 'spotify-export'"):
        text_version("spotify-export", 99)
