"""A service without a model, with one that appears later, with a damaged one, and with one given by its folder."""

import httpx
import pytest

from pipelines.home import Home
from pipelines.release.champion import set_champion
from tests.support.served import serve
from tests.support.tiny_world import write_tiny_bundle

pytestmark = pytest.mark.integration


def test_without_a_champion_the_service_says_so_and_picks_one_up_when_it_is_there(tmp_path):
    home = Home(tmp_path / "home")
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service:
        assert httpx.get(f"{service.url}/livez").status_code == 200
        assert "<title>Crossfade</title>" in httpx.get(service.url).text
        for answer in (httpx.get(f"{service.url}/readyz"), httpx.post(f"{service.url}/v1/recommendations", json={})):
            assert answer.status_code == 503
            assert answer.json()["error"]["what"] == "there is no champion to serve yet"
            assert "crossfade train" in answer.json()["error"]["remedy"]
        assert str(home.root) in service.log()  # where it looked is for the person who started it

        for name in ("slim", "item-knn"):
            bundle = write_tiny_bundle(home.bundles, name)
            set_champion(home, bundle.bundle_id, "at last")
            assert httpx.get(f"{service.url}/readyz").status_code == 200  # being asked, it looks at once
            answer = httpx.post(f"{service.url}/v1/recommendations", json={"history": {"t1": 1}})
            assert answer.json()["model_version"] == bundle.bundle_id


def test_a_damaged_bundle_is_refused_and_the_file_is_named(tmp_path):
    home = Home(tmp_path / "home")
    bundle = write_tiny_bundle(home.bundles)
    set_champion(home, bundle.bundle_id, "the first one")
    (bundle.path / "data.npy").write_bytes(b"scribble")
    with serve(tmp_path, {"CROSSFADE_HOME": str(home.root)}) as service:
        answer = httpx.post(f"{service.url}/v1/model")
        assert answer.status_code == 503
        assert answer.json()["error"]["what"] == "the file 'data.npy' is missing or was changed"


def test_a_model_that_knows_no_likeness_says_so_and_a_bundle_can_be_given_by_its_folder(tmp_path):
    bundle = write_tiny_bundle(tmp_path / "bundles", "popularity")
    with serve(tmp_path, {"CROSSFADE_BUNDLE": str(bundle.path)}) as service:
        answer = httpx.post(f"{service.url}/v1/similar", json={"track_id": "t1"})
        assert answer.status_code == 409
        assert "Popularity" in answer.json()["error"]["what"]
        card = httpx.post(f"{service.url}/v1/model").json()
        assert (card["name"], card["champion_since"]) == ("popularity", None)
