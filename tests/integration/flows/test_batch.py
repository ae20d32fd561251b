"""Lists for everybody through the flow and the command: what was made is kept, and leads back to model and data."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest

from flows.batch import batch
from flows.cli.main import main
from flows.forgetting import requests_of
from flows.latest import read_training
from flows.settings import load_settings
from pipelines.environment import variables_set
from pipelines.home import Home
from pipelines.recommenders.rerank import Filters, Wishes
from pipelines.release.champion import champion_bundle
from pipelines.store.database import Database
from pipelines.store.events import EventLog
from pipelines.store.migrating import bring_up_to_date
from tests.support.stores import event

pytestmark = pytest.mark.integration


@pytest.fixture
def home(world, tmp_path):
    """The world after one lifecycle, to be changed at will."""
    shutil.copytree(world.home.root, tmp_path / "home")
    with variables_set(world.variables | {"CROSSFADE_HOME": str(tmp_path / "home")}):
        yield Home(tmp_path / "home")


def lists(folder):
    return pd.concat([pq.read_table(path).to_pandas() for path in sorted(folder.glob("*.parquet"))])


def test_lists_for_everybody_are_made_once_and_lead_back_to_their_model(home):
    bundle, record = champion_bundle(home), read_training(home)
    first = batch(k=7, shards=3)
    assert (first.made, first.kept) == (3, 0)
    assert first.folder.parent == home.lists
    names = {name: first.manifest[name] for name in ("bundle_id", "model_version", "snapshot_id", "k")}
    assert names == {
        "bundle_id": bundle.bundle_id,
        "model_version": record.model_version,
        "snapshot_id": record.snapshot_id,
        "k": 7,
    }
    made = lists(first.folder)
    assert made["user_id"].tolist() == list(bundle.users.ids)
    someone = made.iloc[4]
    expected = bundle.recommend([bundle.known_history(someone["user_id"]) or {}], 7)[0]
    assert someone["track_id"].tolist() == [each.track_id for each in expected]

    (first.folder / "_records" / "part-00001.json").unlink()
    again = batch(k=7, shards=3)
    assert (again.made, again.kept, again.folder) == (1, 2, first.folder)
    assert again.manifest["shards"] == first.manifest["shards"], "the same lists are the same bytes"


def test_what_somebody_blocked_since_the_training_is_not_in_their_list(home):
    bundle, first = champion_bundle(home), batch(k=7, shards=3)
    before = lists(first.folder).set_index("user_id")["track_id"]
    someone = before.index[4]
    track, other = before[someone][:2]
    artist = bundle.catalogue.data["artists"][bundle.index(other)].as_py()[0]
    database = Database.of(home)
    bring_up_to_date(database)
    theirs = {"listener_id": someone}
    blocks = [event("e1", "block_track", track, **theirs), event("e2", "block_artist", None, artist=artist, **theirs)]
    EventLog(database).append(blocks)
    database.close()

    again = batch(k=7, shards=3)
    assert (again.made, again.kept, again.folder) == (1, 2, first.folder)
    wishes = Wishes(Filters(artists=(artist,)))
    expected = bundle.recommend([bundle.known_history(someone) or {}], 7, exclude=[[track]], wishes=wishes)[0]
    made = lists(again.folder).set_index("user_id")["track_id"]
    assert made[someone].tolist() == [each.track_id for each in expected], "as the service answers"
    assert not {track, other}.intersection(made[someone])
    assert [user for user in made.index if made[user].tolist() != before[user].tolist()] == [someone]


def test_who_waits_to_be_forgotten_has_no_list_and_others_do(home, tmp_path, capsys):
    known = list(champion_bundle(home).users.ids)
    table = tmp_path / "histories.csv"
    table.write_text(f"user_id,track_id\nnew,{champion_bundle(home).tracks[0]}\n{known[3]},x\n", encoding="utf-8")
    requests_of(load_settings().settings).add(known[3], now=datetime.now(UTC))
    assert main(["recommend", "--all", "-k", "5", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["manifest"]["listeners"], said["manifest"]["withheld"]) == (len(known) - 1, 1)
    assert known[3] not in lists(home.lists / said["manifest"]["run_id"])["user_id"].tolist()

    out = tmp_path / "elsewhere"
    assert main(["recommend", "--all", "--histories", str(table), "--out", str(out)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "1 lists in 1 shard:" in text
    assert "1 listeners have none" in text
    (run,) = [path for path in out.iterdir() if path.is_dir()]
    assert lists(run)["user_id"].tolist() == ["new"]


def test_shards_without_all_are_wrong_usage(home, capsys):
    assert main(["recommend", "--shards", "3"]) == 2
    assert main(["recommend", "--all", "--user", "someone"]) == 2
