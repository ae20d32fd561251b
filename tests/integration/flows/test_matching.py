"""The tracks of two sources are joined by an ingestion; a correction is used from then on."""

from __future__ import annotations

import json

import pytest

from flows.cli.main import main
from flows.ingestion import ingest
from flows.latest import latest_snapshot
from pipelines.errors import SourceError

pytestmark = pytest.mark.integration

OWN = ["1,Jóga,Björk", "2,Hyperballad,Björk", *(f"{number},Song {number},Band" for number in range(3, 13))]
PLAYED_ELSEWHERE = ["joga,Joga - Remastered,Björk", "live,Hyperballad (Live),Björk"]


def tables(folder, name, tracks, listeners):
    """Write a catalogue in which everybody plays everything, and return the options of the source 'files'."""
    ids = [line.partition(",")[0] for line in tracks]
    plays = "".join(f"{user},{track},2\n" for user in listeners for track in ids)
    texts = {
        "interactions": "user_id,track_id,plays\n" + plays,
        "tracks": "\n".join(["track_id,title,artists", *tracks]),
    }
    paths = {kind: folder / f"{name}-{kind}.csv" for kind in texts}
    for kind, text in texts.items():
        paths[kind].write_text(text, encoding="utf-8")
    return {kind: str(path) for kind, path in paths.items()}


@pytest.fixture
def joined(new_home, tmp_path, monkeypatch):
    """A home with a service's listening and a person's, whose tracks have no ids."""
    ingest("files", tables(tmp_path, "own", OWN, [f"u{number}" for number in range(12)]))
    scrobbles = ["artist,album,track,date"]
    for number, line in enumerate(PLAYED_ELSEWHERE):
        _, title, artist = line.split(",")
        scrobbles.append(f"{artist},,{title},0{number + 1} Mar 2024 10:00")
    path = tmp_path / "scrobbles.csv"
    path.write_text("\n".join(scrobbles), encoding="utf-8")
    main(["consent", "grant", "ann", "lastfm", "--accept-consent"])
    return new_home, ingest("lastfm", {"archive": str(path), "listener": "ann"})


def test_the_same_recording_of_two_sources_is_one_track_and_can_be_parted(joined, capsys):
    home, summary = joined
    assert [(rate.source, rate.joined, rate.tracks) for rate in summary.recordings.rates] == [
        ("files", 1, 12),
        ("lastfm", 1, 2),
    ]
    before = latest_snapshot(home)
    ((named, own),) = before.matches.aliases.items()
    assert own == "1"
    capsys.readouterr()

    home.matches.write_text(f"track_id,not_same_as\n{named},1\n", encoding="utf-8")
    assert main(["matches", "apply", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["changed"]
    after = latest_snapshot(home)
    assert after.matches.aliases == {}
    assert after.interactions() == before.interactions()

    assert main(["matches", "explain", named, "--json"]) == 0
    (other,) = json.loads(capsys.readouterr().out)["not_joined"]
    assert (other["track"]["track_id"], other["reason"]) == ("1", "a correction says they are not the same")

    home.matches.unlink()
    main(["matches", "apply"])
    assert latest_snapshot(home).snapshot_id == before.snapshot_id


def test_a_bad_correction_is_refused_before_anything_is_read(new_home, tmp_path):
    new_home.root.mkdir(parents=True)
    new_home.matches.write_text("track_id,same_as\na,a\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 2: it compares a track with itself"):
        ingest("files", tables(tmp_path, "own", OWN, ["u"]))
    assert not new_home.latest_snapshot.exists()
