"""A canary answers its share of the listeners, a shadow is compared; what cannot be loaded disturbs nobody."""

import asyncio

import pytest

from pipelines.home import Home
from pipelines.release.moves import end_trial, set_champion, start_canary, start_shadow
from pipelines.release.states import place_of
from serving.engine import ListQuestion
from serving.holder import EngineHolder
from serving.settings import ServingSettings
from serving.trials import Comparison, whose
from tests.support.tiny_world import write_tiny_bundle

LISTENERS = [f"listener {number}" for number in range(200)]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def bundles(home):
    champion, other = write_tiny_bundle(home.bundles), write_tiny_bundle(home.bundles, "item-knn")
    set_champion(home, champion.bundle_id, "the first one")
    return champion.bundle_id, other.bundle_id


def test_a_canary_answers_its_share_and_always_the_same_listeners(home, bundles):
    champion, other = bundles
    since = start_canary(home, other, 0.3, "let some hear it").canary.since
    holder = EngineHolder(ServingSettings(home))
    holder.load()
    for listener in LISTENERS:
        expected = other if place_of(listener, since) < 0.3 else champion
        assert {holder.engine_for(listener).version for _ in range(2)} == {expected}
    assert {holder.engine_for(listener).version for listener in LISTENERS} == {champion, other}
    assert (holder.engine().version, holder.canary) == (champion, other)
    end_trial(home, "canary", "enough heard")
    holder.load()
    assert {holder.engine_for(listener).version for listener in LISTENERS} == {champion}
    assert holder.canary is None


def test_a_trial_that_cannot_be_loaded_is_left_out_and_told(home, bundles):
    champion, other = bundles
    (home.bundles / other / "data.npy").write_bytes(b"scribble")
    start_canary(home, other, 0.5, "let some hear it")
    holder = EngineHolder(ServingSettings(home))
    assert holder.load().version == champion
    assert {holder.engine_for(listener).version for listener in LISTENERS} == {champion}
    assert (holder.canary, holder.refused_trials, holder.problem) == (None, [other], None)
    assert holder.refusals == {other: "the file 'data.npy' is missing or was changed"}


def test_a_shadows_lists_are_compared_with_those_shown_and_go_on_when_something_else_moves(home, bundles):
    champion, other = bundles
    start_shadow(home, other, "let us see")
    holder = EngineHolder(ServingSettings(home))
    engine = holder.load()

    asked = ListQuestion({"t1": 1.0}, 3)

    def ask(of):
        return of.lists([asked])[0]

    noted = []
    asyncio.run(holder.shadow.after(engine, ask(engine), "a-request", asked, lambda *of: noted.append(of))())
    shown, shadows = (
        {engine.bundle.tracks[track] for track in ask(of).tracks} for of in (engine, holder.shadow.engine)
    )
    assert holder.shadow.comparison == Comparison(lists=1, overlap=len(shown & shadows) / 3)
    assert noted == [(holder.shadow.engine.version, len(shown & shadows) / 3)]
    third = write_tiny_bundle(home.bundles, "content").bundle_id
    start_canary(home, third, 0.5, "another one")
    before = holder.shadow
    holder.load()
    assert holder.shadow is before
    assert (holder.engine().version, holder.canary) == (champion, third)


def test_a_shadow_that_fails_disturbs_nobody(home, bundles, caplog):
    start_shadow(home, bundles[1], "let us see")
    holder = EngineHolder(ServingSettings(home))
    engine = holder.load()

    nonsense, noted = ListQuestion({"t1": 1.0}, -3), []
    shown = engine.recommend({}, 3)
    asyncio.run(holder.shadow.after(engine, shown, "a-request", nonsense, lambda *of: noted.append(of))())
    assert noted == [(holder.shadow.engine.version, None)]
    assert holder.shadow.comparison == Comparison(failed=1)
    assert "a-request" in caplog.text


def test_a_champion_that_opens_but_cannot_answer_is_refused(home, bundles, monkeypatch):
    champion, other = bundles
    holder = EngineHolder(ServingSettings(home))
    holder.load()

    def broken(*_, **__):
        raise IndexError("out of bounds")

    set_champion(home, other, "the second one")
    with monkeypatch.context() as patch:
        patch.setattr("serving.engine.Engine.recommend", broken)
        assert holder.load().version == champion
    assert holder.refused == other
    assert "cannot answer a question (IndexError" in (holder.problem or "")
    assert holder.load().version == other
    assert (holder.refused, holder.problem) == (None, None)


def test_a_listener_without_an_id_is_told_apart_by_the_history():
    assert whose("web:ab", {"t1": 1.0}) == "web:ab"
    assert whose(None, {"t2": 1.0, "t1": 2.0}) == whose(None, {"t1": 5.0, "t2": 1.0}) != whose(None, {"t1": 1.0})
    assert whose(None, None) == ""
