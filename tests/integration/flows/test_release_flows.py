"""Promotion and rollback: the pointer, the alias, refusals, and what a crash between two steps leaves behind."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from mlflow import MlflowClient

from flows import promoting
from flows.alarming import MODEL_REFUSED
from flows.cli.main import main
from flows.lineage import lineage_of
from flows.promoting import author, judged, promote, reconcile, rollback
from flows.registry import Registry
from flows.releasing import canary, check_canary, shadow
from flows.settings import load_settings
from flows.training import train
from pipelines.environment import variables_set
from pipelines.errors import BundleError, CrossfadeError, RegistryError, ReleaseError
from pipelines.home import Home
from pipelines.release.champion import read_champion, set_champion
from pipelines.release.events import read_events
from tests.support.alarms import sent
from tests.support.lifecycles import TRAINING, small_settings
from tests.support.shown_lists import answer_listeners

pytestmark = pytest.mark.integration

#: Another recipe: the same data give another bundle.
OTHER = TRAINING.replace("neighbours = 20", "neighbours = 10")


@pytest.fixture(scope="module")
def retrained_world(world, tmp_path_factory):
    """A copy of the world after a second training with another recipe, and that training."""
    folder = tmp_path_factory.mktemp("retrained")
    shutil.copytree(world.home.root, folder / "home")
    with variables_set(small_settings(folder / "config", folder / "home", training=OTHER)):
        record = train().record
    return folder / "home", record


@pytest.fixture
def home(world, tmp_path, monkeypatch) -> Home:
    """A copy of the world that a test may change, MLflow's store included."""
    return copied(world.home.root, world, tmp_path, monkeypatch)


@pytest.fixture
def retrained(world, retrained_world, tmp_path, monkeypatch):
    """A copy of the retrained world, and its last training; the champion is still the first one."""
    folder, record = retrained_world
    return copied(folder, world, tmp_path, monkeypatch), record


def copied(folder, world, tmp_path, monkeypatch) -> Home:
    for name, value in world.variables.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(folder, tmp_path / "home")
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def aliases():
    return Registry(load_settings().settings.tracking_uri).aliases()


def alias():
    return Registry(load_settings().settings.tracking_uri).champion()


def version(number):
    uri = load_settings().settings.tracking_uri
    return MlflowClient(uri, registry_uri=uri).get_model_version("crossfade", number)


def test_the_champion_itself_is_refused_and_stays(home, world):
    before = read_champion(home)
    summary = promote()
    assert not summary.decision.promote
    assert "is the champion already" in summary.decision.reason
    assert read_champion(home) == before
    judged = version(world.trained.record.model_version)
    assert judged.tags["decision"] == "refused"
    assert judged.description.startswith("**Refused**")
    assert alias() == world.trained.record.model_version


def test_a_model_that_the_policy_refuses_is_an_event_and_the_same_one_once_more_is_none(
    retrained, prefect_api, tmp_path, monkeypatch
):
    home, record = retrained
    monkeypatch.setenv("CROSSFADE_POLICY", str(tmp_path / "strict.toml"))
    (tmp_path / "strict.toml").write_text("baselines = ['popularity']\nmin_gain = 9.0\n", encoding="utf-8")
    began = datetime.now(UTC)
    decision = promote().decision
    told = sent(prefect_api, MODEL_REFUSED, began)[0]["payload"]
    assert (told["headline"], told["training"]) == (decision.reason, record.training_id)
    assert told["sentences"] == [rule.sentence for rule in decision.rules if not rule.passed] != []

    set_champion(home, record.bundle_id, "a person wanted it", author())
    more = []
    monkeypatch.setattr(promoting, "send", lambda *event: more.append(event))
    assert not promote().decision.promote
    assert more == [], "it is served"


def test_another_recipe_makes_another_bundle(world, retrained_world):
    assert retrained_world[1].bundle_id != world.trained.record.bundle_id


def test_a_new_champion_moves_pointer_and_alias_and_the_old_one_stays_ready(world, retrained):
    home, record = retrained
    before = read_champion(home)
    summary = promote()
    assert summary.decision.promote, summary.decision.reason
    assert (summary.champion.bundle_id, summary.champion.previous) == (record.bundle_id, before.bundle_id)
    assert alias() == record.model_version != world.trained.record.model_version


def test_rollback_moves_pointer_and_alias_back(world, retrained):
    home, record = retrained
    before = read_champion(home)
    promote()
    champion = rollback("complaints")
    assert (champion.bundle_id, champion.previous, champion.reason) == (
        before.bundle_id,
        record.bundle_id,
        "complaints",
    )
    assert alias() == world.trained.record.model_version


def test_without_a_previous_champion_there_is_nothing_to_roll_back_to(home):
    before = read_champion(home)
    with pytest.raises(ReleaseError, match="there is no previous champion to go back to"):
        rollback()
    assert read_champion(home) == before


def test_a_crash_between_pointer_and_alias_is_mended_by_the_next_step(world, retrained):
    home, record = retrained
    set_champion(home, record.bundle_id, "and then the power failed")
    assert alias() == world.trained.record.model_version
    assert reconcile.fn(load_settings().settings)["champion"] == record.model_version == alias()


def test_a_champion_whose_bundle_is_gone_is_no_reason_to_refuse_a_new_one(retrained):
    home, record = retrained
    shutil.rmtree(home.bundles / read_champion(home).bundle_id)
    summary = promote()
    assert summary.decision.champion is None
    assert summary.decision.promote
    assert summary.champion.bundle_id == record.bundle_id


def test_a_shadow_and_a_canary_have_aliases_of_their_own_and_promotion_ends_them(world, retrained):
    home, record = retrained
    assert shadow(why="a look").shadow.bundle_id == record.bundle_id
    assert aliases() == {"champion": world.trained.record.model_version, "shadow": record.model_version}
    done = canary(share=0.2, why="some listeners")
    assert done.decision.promote
    assert (done.releases.shadow, done.releases.canary.share) == (None, 0.2)
    assert aliases() == {"champion": world.trained.record.model_version, "canary": record.model_version}
    assert canary(share=0.4).decision is None, "it is out already and only gets the new share"
    promote(why="a good week")
    assert read_champion(home).reason.endswith("; a good week")
    assert aliases() == {"champion": record.model_version, "previous": world.trained.record.model_version}
    moves = [entry.event.move for entry in read_events(home.release_events)]
    assert moves == ["promote", "shadow", "canary", "canary", "promote"]


def test_a_canary_that_makes_listeners_skip_is_taken_back(retrained):
    home, _ = retrained
    canary(share=0.2)
    assert check_canary().verdict.state == "undecided"
    answer_listeners(home, canary_skips=8, champion_skips=2)
    check = check_canary()
    assert (check.ended, check.releases.canary) == (True, None)
    assert read_events(home.release_events)[-1].event.why.startswith("taken back: skips: 0.8")
    assert "canary" not in aliases()
    with pytest.raises(ReleaseError, match="there is no canary"):
        check_canary()


def test_a_list_leads_back_to_the_rows_its_model_learned_from(retrained):
    home, record = retrained
    canary(share=0.2)
    answer_listeners(home, canary_skips=2, champion_skips=2)
    settings = load_settings().settings
    found = lineage_of(settings, "canary-list-7")
    assert (found.kinds, found.served.bundle_id) == (("request",), record.bundle_id)
    line = found.lines[0]
    assert (line.role, line.model_version, line.snapshot_id) == ("canary", record.model_version, record.snapshot_id)
    assert line.sources[0].provenance.source == "synthetic"
    assert line.verdict.startswith("promoted: ")
    assert record.bundle_id in {each.bundle_id for each in lineage_of(settings, "synthetic").lines}
    assert main(["lineage", "canary-list-7", "--json"]) == 0


def test_a_registry_that_is_down_stops_no_rollback_and_the_aliases_follow_later(world, retrained, monkeypatch):
    home, record = retrained
    promote()
    with monkeypatch.context() as down:
        down.setenv("CROSSFADE_MLFLOW_TRACKING_URI", f"sqlite:///{home.root / 'broken.db'}")
        (home.root / "broken.db").write_bytes(b"no database" * 100)
        assert rollback("complaints").bundle_id == world.trained.record.bundle_id
        with pytest.raises(RegistryError, match="the model registry does not answer"):
            promote()
    assert read_champion(home).bundle_id == world.trained.record.bundle_id, "nothing moves that is not written down"
    assert alias() == record.model_version
    reconcile.fn(load_settings().settings)
    assert alias() == world.trained.record.model_version


def test_a_damaged_bundle_is_neither_promoted_nor_tried_nor_gone_back_to(world, retrained):
    home, record = retrained
    file = home.bundles / record.bundle_id / "tracks.parquet"
    # Set aside, not cut short: other readers of this process may have it in memory.
    aside = file.rename(file.with_suffix(".aside"))
    for attempt in (promote, shadow, canary):
        with pytest.raises(BundleError, match=r"tracks\.parquet' is missing or was changed"):
            attempt()
    aside.rename(file)
    promote()
    (home.bundles / world.trained.record.bundle_id / "tracks.parquet").unlink()
    with pytest.raises(BundleError, match="is missing or was changed"):
        rollback()
    assert read_champion(home).bundle_id == record.bundle_id


def test_a_full_disk_while_the_decision_is_written_promotes_nothing(retrained, monkeypatch):
    home, _ = retrained
    before = read_champion(home)

    def full(*_):
        raise CrossfadeError("the disk is full", remedy="Free some space and run again")

    monkeypatch.setattr(promoting, "write_text", full)
    with pytest.raises(CrossfadeError, match="the disk is full"):
        promote()
    assert read_champion(home) == before


def test_a_promotion_that_was_overtaken_moves_nothing(world, retrained, monkeypatch):
    home, _ = retrained
    third = home.bundles / "third"
    third.mkdir()
    (third / "manifest.json").write_text("{}")

    def overtaken(record, settings, policy):
        decision = judged(record, settings, policy)
        set_champion(home, "third", "somebody was faster")
        return decision

    monkeypatch.setattr(promoting, "judged", overtaken)
    with pytest.raises(ReleaseError, match="the champion is 'third' by now"):
        promote()
    assert read_champion(home).bundle_id == "third"


def test_a_damaged_state_file_promotes_nothing_and_is_mended_from_the_log(home, capsys):
    before = read_champion(home)
    home.champion.write_text('{"bundle_id": ')
    with pytest.raises(ReleaseError, match="--mend"):
        promote()
    assert main(["champion", "--mend"]) == 0
    assert read_champion(home) == before


def test_training_again_takes_the_kept_measurements_and_makes_the_same_bundle(home, world):
    again = train().record
    assert again.bundle_id == world.trained.record.bundle_id
    assert again.training_id != world.trained.record.training_id
    states = task_states(again.snapshot_id)
    assert set(states.values()) == {"Cached"}
    assert len(states) == 12
    assert not promote().decision.promote, "it is the champion already"
    assert alias() == world.trained.record.model_version, "the version that was promoted, not the one that was refused"


def task_states(snapshot_id):
    """Return the state of each measurement of the newest training on a snapshot."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter(name={"like_": "train on the latest snapshot"})
        newest = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        tasks = client.read_task_runs(flow_run_filter=FlowRunFilter(id={"any_": [newest.id]}))
    return {task.name: task.state_name for task in tasks if "·" in task.name}
