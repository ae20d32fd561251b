"""What a canary is judged by, from the live service: who was shown whose list, and what they did with it."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from flows.listeners import online_results, served_list
from flows.settings import Settings
from pipelines.home import Home
from pipelines.release.champion import set_champion
from pipelines.release.moves import start_canary, start_shadow
from pipelines.release.states import read_releases
from pipelines.store.database import Database
from pipelines.store.served import ServedLog
from tests.support.served import serve
from tests.support.tiny_world import write_tiny_bundle
from tests.support.visitors import visiting

pytestmark = pytest.mark.integration

PATIENCE = 20.0


def eventually(look):
    """Return what a look finds, within the second it takes the service to store it, or somewhat more."""
    end = time.monotonic() + PATIENCE
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def test_lists_and_feedback_count_for_the_model_that_answers_the_listener(tmp_path: Path):
    home = Home(tmp_path / "home")
    champion, canary = (write_tiny_bundle(home.bundles, name).bundle_id for name in ("slim", "popularity"))
    set_champion(home, champion, "first")
    start_canary(home, canary, 0.5, "show")
    settings = Settings(home=home.root)
    since = read_releases(home).canary.since
    with serve(tmp_path / "service", {"CROSSFADE_HOME": str(home.root)}) as served:
        answered: dict[str, list[str]] = {}
        for _ in range(30):
            with visiting(served.url) as visitor:
                answer = visitor.post("recommendations", {"k": 3}).json()
                answered.setdefault(answer["model_version"], []).append(answer["request_id"])
                visitor.tell("skip", "t1", list_id=answer["request_id"])
            if len(answered) == 2:
                break
        assert set(answered) == {champion, canary}
        for model, requests in answered.items():
            found = eventually(lambda request=requests[-1]: served_list(settings, request))
            assert found.bundle_id == model
    results = online_results(settings, since=since)
    totals = results.groupby("model_version")[["lists", "likes", "skips"]].sum()
    for model, requests in answered.items():
        assert totals.loc[model].to_dict() == {"lists": len(requests), "likes": 0, "skips": len(requests)}


def test_a_shadow_makes_each_list_too_and_the_log_and_the_records_hold_both(tmp_path: Path):
    home = Home(tmp_path / "home")
    bundles = [write_tiny_bundle(home.bundles, name) for name in ("slim", "popularity")]
    champion, shadow = (bundle.bundle_id for bundle in bundles)
    histories = [{"t1": 1.0}, {"t3": 1.0}]
    shared = [overlap(*(bundle.recommend([history], 2)[0] for bundle in bundles)) for history in histories]
    assert shared == [0.5, 1.0]
    set_champion(home, champion, "first")
    start_shadow(home, shadow, "let us see")
    with serve(tmp_path / "service", {"CROSSFADE_HOME": str(home.root)}) as served, visiting(served.url) as visitor:
        answers = [visitor.post("recommendations", {"history": each, "k": 2}).json() for each in histories]
        for answer, share in zip(answers, shared, strict=True):
            assert answer["model_version"] == champion
            request = answer["request_id"]
            found = eventually(lambda request=request: on_record(home, request))
            assert (found.model_version, found.shadow_version, found.shadow_overlap) == (champion, shadow, share)
            told = served_list(Settings(home=home.root), request)
            assert (told.bundle_id, told.shadow_id, told.shadow_overlap) == (champion, shadow, share)
            said = f"Shadow {shadow}: {100 * share:.0f} % of the list of {champion}, request {request}"
            assert said in served.log()
        health = visitor.post("health").json()
        seen = (health["shadow"], health["shadow_lists"], health["shadow_overlap"])
        assert seen == (shadow, 2, pytest.approx(sum(shared) / 2))


def on_record(home, request):
    with closing(Database.of(home)) as database:
        return ServedLog(database).find(request)


def overlap(shown, other):
    """Return the share of a list that another one has as well."""
    return len({each.track_id for each in shown} & {each.track_id for each in other}) / len(shown)
