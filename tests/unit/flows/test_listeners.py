"""What listeners were shown and did counts for a model whose bundle was renamed when somebody was forgotten."""

from __future__ import annotations

import pytest

from flows.lineage import lineage_of
from flows.listeners import online_results, online_verdict
from flows.settings import Settings
from pipelines.data.succession import note_successor
from pipelines.release.moves import replace_bundle, set_champion, start_canary
from pipelines.release.policy import OnlineRules
from tests.support.shown_lists import answer_listeners


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A home whose canary, 'second', is called 'anew' since it made 2,000 lists."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    home = settings.layout
    for name in ("first", "second"):
        (home.bundles / name).mkdir(parents=True)
        (home.bundles / name / "manifest.json").write_text('{"recommender": "slim"}', encoding="utf-8")
    set_champion(home, "first", "the first one")
    start_canary(home, "second", 0.2, "let some hear it")
    answer_listeners(home, canary_skips=8, champion_skips=2)
    (home.bundles / "second").rename(home.bundles / "anew")
    note_successor(home.bundles, "second", "anew")
    replace_bundle(home, "second", "anew", "a listener was forgotten")
    return settings


def test_what_listeners_said_of_a_canary_still_counts(settings):
    verdict = online_verdict(settings, "anew", OnlineRules())
    assert (verdict.canary_listeners, verdict.champion_listeners, verdict.state) == (200, 200, "breach")
    assert set(online_results(settings, since="2000")["model_version"]) == {"first", "anew"}


@pytest.mark.parametrize("named", ["canary-list-7", "second", "anew"])
def test_a_list_and_the_former_name_lead_to_the_model(settings, named):
    (line,) = lineage_of(settings, named).lines
    assert (line.bundle_id, line.role) == ("anew", "canary")
