"""The Data Docs: whole, readable without a network, and safe to open."""

from __future__ import annotations

import json
import logging
import re
import socket
from datetime import timedelta
from urllib.parse import urlparse

import pytest

from tests.support.dirty_tables import NOW, good_interactions, interaction, tables, track
from validation import suites
from validation.gate import check
from validation.rules import GateRules

pytestmark = pytest.mark.integration

SCRIPT = "<script>alert(1)</script>"
DIRTY = tables(
    [*good_interactions(), interaction(user_id="secret", kind=SCRIPT), interaction(track_id=SCRIPT)],
    playlists=(),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    return folder, check(DIRTY, GateRules(), docs=folder, now=NOW).verdict


def pages(folder):
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*/*.html")}


def test_the_address_is_that_of_the_first_page(site):
    folder, verdict = site
    page = urlparse(verdict.docs)
    assert page.scheme == "file"
    assert page.path.startswith(str(folder.resolve()))
    assert set(pages(folder)) == {f"{name}.html" for name in ("index", "interactions", "tracks", "playlists", "batch")}


def test_the_folders_first_page_leads_to_the_newest_run(site):
    folder, verdict = site
    target = re.search(r'<a href="([^"]+)"', (folder / "index.html").read_text(encoding="utf-8"))
    assert target is not None
    assert (folder / target[1]).resolve().as_uri() == verdict.docs


def test_every_expectation_is_shown_in_words(site):
    shown = "".join(pages(site[0]).values())
    for section in ("interactions", "tracks", "playlists"):
        for each in GateRules().expectations(section):
            assert each.words.replace("'", "&#x27;") in shown, each.name


def test_a_breach_is_shown_with_its_rows_and_values(site):
    page = pages(site[0])["interactions.html"]
    assert "1 unexpected values found" in page
    assert "&lt;script&gt;" in page


def test_nothing_read_from_the_data_becomes_markup_and_no_listener_is_named(site):
    for text in pages(site[0]).values():
        assert "<script" not in text
        assert "secret" not in text


def test_pages_ask_nothing_of_the_network(site):
    for text in pages(site[0]).values():
        assert "default-src 'none'" in text
        assert re.findall(r"https?://|//cdn|@import|<script|<img|<link", text) == []


def test_a_second_run_keeps_the_pages_of_the_first(site):
    folder, verdict = site
    second = check(DIRTY, GateRules(), docs=folder, now=NOW + timedelta(hours=1)).verdict
    assert second.docs != verdict.docs
    for docs in (verdict.docs, second.docs):
        assert (folder / urlparse(docs).path.removeprefix(str(folder.resolve()) + "/")).is_file()


def test_programs_find_the_verdict_beside_the_pages(tmp_path):
    check(tables(), GateRules(), docs=tmp_path, now=NOW)
    [summary] = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*/summary.json")]
    assert (summary["passed"], summary["checked_at"]) == (True, NOW.isoformat())


def test_docs_that_cannot_be_finished_leave_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(suites, "_section", lambda _result: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check(tables(), GateRules(), docs=tmp_path, now=NOW)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_printed_logged_or_sent(tmp_path, capfd, caplog, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    with caplog.at_level(logging.WARNING):
        check(tables(tracks=[track(tempo=0.0)]), GateRules(), docs=tmp_path, now=NOW)
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
