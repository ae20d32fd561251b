"""The registered model: loaded anywhere, it gives the lists of the bundle and of the batch command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from flows.cli.main import main
from flows.registry import SIGNATURE, load_champion
from pipelines.environment import variables_set
from pipelines.release.champion import champion_bundle

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]
K = 7

#: Loads the champion with nothing of this repository on the path: what runs is the code stored with the model.
ELSEWHERE = """
import json, sys
sys.path = [place for place in sys.path if place != sys.argv[1]]
import mlflow, pandas as pd
model = mlflow.pyfunc.load_model("models:/crossfade@champion")
lists = model.predict(pd.read_csv(sys.argv[2], dtype={"user_id": str}), params={"k": int(sys.argv[3])})
import pipelines
print(json.dumps({"lists": lists.to_dict(orient="list"), "code": pipelines.__file__}))
"""


@pytest.fixture(scope="module")
def histories(world, tmp_path_factory):
    """A table of histories: a known listener's, a stranger's, and one of a track nobody knows."""
    bundle = champion_bundle(world.home)
    known = bundle.known_history(str(bundle.users.ids[0]))
    rows = [("known", track, weight) for track, weight in known.items()]
    rows += [("stranger", str(bundle.tracks.ids[0]), 2.0), ("nobody", "no-such-track", 1.0)]
    path = tmp_path_factory.mktemp("histories") / "histories.csv"
    pd.DataFrame(rows, columns=["user_id", "track_id", "weight"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def expected(world, histories):
    """The lists as the bundle gives them, one listener at a time."""
    bundle, table = champion_bundle(world.home), pd.read_csv(histories)
    rows = []
    for user in table["user_id"].unique():
        mine = table[table["user_id"] == user]
        history = dict(zip(mine["track_id"], mine["weight"].astype(float), strict=True))
        rows += [(user, each.track_id, each.rank, each.score) for each in bundle.recommend([history], K)[0]]
    return pd.DataFrame(rows, columns=["user_id", "track_id", "rank", "score"])


def test_the_model_gives_the_lists_of_the_bundle(world, histories, expected):
    lists = load_champion(world.settings.tracking_uri).predict(pd.read_csv(histories), params={"k": K})
    pd.testing.assert_frame_equal(lists, expected, check_dtype=False)


@pytest.mark.parametrize("name", ["lists.csv", "lists.parquet"])
def test_the_batch_command_gives_the_same_lists(world, histories, expected, tmp_path, name):
    with variables_set(world.variables):
        assert main(["recommend", "--histories", str(histories), "-k", str(K), "--out", str(tmp_path / name)]) == 0
    lists = pd.read_csv(tmp_path / name) if name.endswith(".csv") else pd.read_parquet(tmp_path / name)
    pd.testing.assert_frame_equal(lists, expected, check_dtype=False)


def test_a_fresh_process_in_another_folder_needs_nothing_but_the_registry(world, histories, expected, tmp_path):
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables["MLFLOW_TRACKING_URI"] = world.settings.tracking_uri
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(ROOT), str(histories), str(K)],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert Path(answer["code"]).is_relative_to(world.home.mlflow_artifacts)
    pd.testing.assert_frame_equal(pd.DataFrame(answer["lists"]), expected, check_dtype=False)


def test_the_model_says_what_it_takes_and_gives(world):
    loaded = load_champion(world.settings.tracking_uri)
    assert loaded.metadata.signature == SIGNATURE
    assert loaded.metadata.get_params_schema().to_dict()[0]["name"] == "k"
    assert "user_id" in loaded.input_example.columns


def test_weights_may_be_left_out(world, histories):
    model = load_champion(world.settings.tracking_uri)
    table = pd.read_csv(histories)
    equal = model.predict(table.assign(weight=1.0), params={"k": K})
    pd.testing.assert_frame_equal(model.predict(table.drop(columns="weight"), params={"k": K}), equal)


def test_the_example_stored_with_the_model_is_nobodys_history(world):
    assert set(load_champion(world.settings.tracking_uri).input_example["user_id"]) == {"somebody"}
