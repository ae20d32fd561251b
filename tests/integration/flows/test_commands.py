"""The commands on a home folder with a champion, as a person and as a program use them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from flows.cli.main import main
from pipelines.home import Home
from pipelines.release.champion import champion_bundle, read_champion

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _in_the_world(world, monkeypatch, tmp_path):
    for name, value in world.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def bundle(world):
    return champion_bundle(world.home)


@pytest.fixture
def answer(capsys):
    """Run a command with --json and return what it printed."""

    def run(*arguments, status=0):
        assert main([*arguments, "--json"]) == status
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def copied(world, tmp_path, monkeypatch) -> Home:
    """A copy of the home folder that a test may damage."""
    shutil.copytree(world.home.root, tmp_path / "copy", ignore=shutil.ignore_patterns("prefect"))
    monkeypatch.setenv("CROSSFADE_HOME", str(tmp_path / "copy"))
    return Home(tmp_path / "copy")


def title_of(bundle, index):
    return bundle.catalogue.data["title"][index].as_py()


def test_recommend_for_a_known_listener_gives_the_bundles_list(answer, bundle):
    user = str(bundle.users.ids[0])
    rows = answer("recommend", "--user", user, "-k", "5")
    expected = bundle.recommend([bundle.known_history(user)], 5)[0]
    assert [(row["track_id"], row["rank"], row["score"]) for row in rows] == [
        (each.track_id, each.rank, each.score) for each in expected
    ]


def test_recommend_without_a_name_gives_lists_for_all_known_listeners(answer, bundle):
    rows = answer("recommend", "-k", "3")
    assert {row["user_id"] for row in rows} == {str(user) for user in bundle.users.ids}


def test_recommend_shows_the_reasons(capsys, bundle):
    assert main(["recommend", "--user", str(bundle.users.ids[0]), "-k", "3"]) == 0
    shown = capsys.readouterr().out
    assert f"For listener {bundle.users.ids[0]}" in shown
    assert "because of" in shown


def test_what_cannot_be_used_of_a_table_is_said(tmp_path, capsys, bundle):
    known = bundle.tracks.ids[0]
    Path("h.csv").write_text(f"user_id,track_id,weight\na,{known},1\na,{known},-1\nb,unheard-of,1\n", encoding="utf-8")
    assert main(["recommend", "--histories", "h.csv", "--out", "lists.csv"]) == 0
    said = capsys.readouterr()
    assert "1 rows have a weight that is not a positive number" in said.err
    assert "1 tracks are not known to the model" in said.err
    assert "1 listeners have no track the model knows" in said.err
    assert said.out == "20 rows for 2 listeners: lists.csv\n"


def test_similar_takes_an_id_or_a_title(answer, bundle):
    track_id = str(bundle.tracks.ids[3])
    by_id = answer("similar", track_id, "-k", "4")
    assert by_id["track"]["track_id"] == track_id
    assert track_id not in {row["track_id"] for row in by_id["similar"]}
    assert [row["rank"] for row in by_id["similar"]] == [1, 2, 3, 4]
    assert answer("similar", title_of(bundle, 3), "-k", "4")["similar"] == by_id["similar"]


def test_the_contributions_of_an_explanation_sum_to_the_score(answer, bundle):
    user = str(bundle.users.ids[0])
    best = bundle.recommend([bundle.known_history(user)], 1)[0][0]
    told = answer("explain", best.track_id, "--user", user)
    assert told["score"] == pytest.approx(best.score, rel=1e-5)
    assert sum(part["amount"] for part in told["contributions"]) == pytest.approx(told["score"])
    assert {part["track_id"] for part in told["contributions"]} <= set(bundle.known_history(user))


@pytest.mark.parametrize("command", ["similar", "explain"])
def test_tables_for_people_name_the_track(command, capsys, bundle):
    more = ["--user", str(bundle.users.ids[0])] if command == "explain" else []
    assert main([command, str(bundle.tracks.ids[3]), *more]) == 0
    assert title_of(bundle, 3) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["recommend", "--user", "nobody"], "--user: the model was not trained on the listener 'nobody'."),
        (["similar", "no such track"], "TRACK: the model knows no track 'no such track'."),
        (["explain", "no such track", "--user", "x"], "TRACK: the model knows no track 'no such track'."),
        (["recommend", "--histories", "none.csv"], "none.csv: there is no such file."),
        (["train", "--snapshot", "none"], "there is no readable snapshot."),
        (["promote", "--training", "none"], "there is no readable record of this training."),
        (["leaderboard", "--training", "none"], "there is no readable record of this training."),
        (["ingest", "files"], "source 'files': no interactions file was named."),
        (["ingest", "hetrec-lastfm", "--archive", "none.zip"], "none.zip: there is no such file."),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_what_is_not_there_is_one_line(arguments, complaint, capsys):
    assert main(arguments) in {1, 2}
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("crossfade: ")]
    assert len(lines) == 1
    assert complaint in lines[0]
    assert "Traceback" not in said.err


def test_a_list_is_not_written_halfway_when_its_ending_is_wrong(capsys):
    assert main(["recommend", "--out", "lists.txt"]) == 2
    assert list(Path().iterdir()) == []


def test_leaderboard_and_champion_tell_the_same_story(answer, world):
    board = answer("leaderboard")
    deciding = [row for row in board["leaderboard"] if row["protocol"] == "unseen-users"]
    assert deciding[0]["candidate"] == board["training"]["winner"] == world.trained.record.winner
    champion = answer("champion")
    assert champion["bundle_id"] == board["training"]["bundle_id"]
    measured = champion["model"]["figures"]["metrics"]["ndcg@10"]["mean"]
    assert measured == pytest.approx(deciding[0]["ndcg@10"])


def test_champion_for_people_says_since_when_and_why(capsys, world):
    assert main(["champion"]) == 0
    shown = capsys.readouterr().out
    assert world.promoted.champion.since in shown
    assert world.promoted.champion.reason in shown


def test_validate_checks_the_latest_snapshot(answer, world):
    summary = answer("validate")
    assert summary["passed"]
    assert {each["table"]: each["kept"] for each in summary["tables"]} == world.ingested.rows


def test_validate_exits_with_one_where_data_would_be_refused_and_keeps_none(capsys, world):
    Path("plays.csv").write_text("user_id,track_id\n" + "u1,t1\n" * 3, encoding="utf-8")
    before = sorted(path.name for path in world.home.snapshots.iterdir())
    assert main(["validate", "files", "--interactions", "plays.csv"]) == 1
    assert "The data are refused." in capsys.readouterr().out
    assert sorted(path.name for path in world.home.snapshots.iterdir()) == before


def test_promote_exits_with_one_where_it_refuses(copied, capsys):
    champion = read_champion(copied)
    assert main(["promote"]) == 1
    said = capsys.readouterr()
    assert f"Refused; bundle {champion.bundle_id} stays the champion." in said.out
    assert "crossfade: " not in said.err
    assert read_champion(copied) == champion


def test_doctor_finds_a_changed_bundle_and_what_a_killed_run_left(copied, answer):
    (copied.snapshots / ".draft-abc").mkdir()
    (copied.bundles / read_champion(copied).bundle_id / "tracks.parquet").write_bytes(b"")
    found = {finding["what"]: finding for finding in answer("doctor", status=1)}
    assert found["champion"]["state"] == "bad"
    assert "'tracks.parquet' is missing or was changed" in found["champion"]["words"]
    assert "snapshots/.draft-abc" in found["unfinished files"]["words"]
    assert found["data"]["state"] == "good"


def test_doctor_tells_of_a_training_that_was_never_judged(copied, answer, world):
    def told():
        return [finding for finding in answer("doctor") if finding["what"] == "training"]

    assert told() == []
    world.trained.record.decision(copied).unlink()
    (finding,) = told()
    assert finding["state"] == "note"
    assert world.trained.record.training_id in finding["words"]
    assert finding["words"].endswith("was never judged; run 'crossfade promote'")


def test_a_damaged_bundle_is_one_line(copied, capsys):
    (copied.bundles / read_champion(copied).bundle_id / "manifest.json").write_text("{", encoding="utf-8")
    assert main(["recommend"]) == 1
    assert "there is no readable manifest. Run 'crossfade train' and 'crossfade promote'." in capsys.readouterr().err


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_one_line_and_leaves_no_half_snapshot(prefect_api, small_disk, capsys, monkeypatch):
    home = Home(small_disk)
    assert main(["--home", str(small_disk), "ingest", "synthetic", "-o", "size=small"]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("crossfade: ")]
    assert len(lines) == 1
    assert "the disk is full" in lines[0]
    assert not home.latest_snapshot.exists()
    assert [path for path in home.root.rglob("*") if path.name.startswith(".draft-")] == []


def test_a_full_disk_does_not_touch_lists_that_are_there(small_disk, capsys):
    target = small_disk / "lists.csv"
    target.write_text("as it was", encoding="utf-8")
    (small_disk / "filler").write_bytes(b"0" * 240_000)
    assert main(["recommend", "-k", "50", "--out", str(target)]) == 1
    assert "the disk is full" in capsys.readouterr().err
    assert target.read_text(encoding="utf-8") == "as it was"


def test_the_benchmark_measures_candidates_on_the_latest_snapshot(answer, tmp_path):
    page = tmp_path / "page.md"
    found = answer("benchmark", "--candidate", "popularity", "--candidate", "item-knn", "--out", str(page))
    assert {row["library"] for row in found["models"]} == {"Crossfade"}
    assert [row["ndcg"]["mean"] for row in found["models"]] == sorted(
        (row["ndcg"]["mean"] for row in found["models"]), reverse=True
    )
    assert "| **Item kNN (cosine)** | Crossfade |" in page.read_text()


def test_on_a_server_of_ones_own_a_command_says_its_steps_and_nothing_of_prefects_log(
    copied, in_processes, monkeypatch
):
    # What the server in this process has set for those that are started from here.
    monkeypatch.delenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", raising=False)
    (status,), said = in_processes(["forget", "nobody-we-know"])
    assert status == 1
    steps = said[said.rindex("✓ start") :].splitlines()
    assert [line.split()[1] for line in steps] == ["start", "forget", f"{copied.root}:"]
