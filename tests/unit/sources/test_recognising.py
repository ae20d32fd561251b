"""Whose export a file is."""

import zipfile

import pytest

from pipelines.errors import SourceError
from pipelines.sources.recognising import recognise
from pipelines.sources.safe_archive import Limits
from pipelines.testing import listens, spotify_exports
from pipelines.testing.spotify_exports import Fault, Plan


def zipped(path, **texts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.csv", text)
    return path


def test_each_kind_of_export_is_known_by_what_lies_in_it(tmp_path):
    scrobbles = tmp_path / "anything.csv"
    scrobbles.write_text(listens.SCROBBLES, encoding="utf-8")
    files = {
        "spotify-export": spotify_exports.write_export(tmp_path / "1.zip").path,
        "listenbrainz-export": listens.write_export(tmp_path / "2.zip"),
        "exportify": zipped(tmp_path / "3.zip", road_trip=listens.PLAYLIST),
        "lastfm": zipped(tmp_path / "4.zip", scrobbles=listens.SCROBBLES),
    }
    assert {name: recognise(path).name for name, path in files.items()} == {name: name for name in files}
    assert recognise(scrobbles).name == "lastfm"


@pytest.mark.parametrize(
    ("files", "what"),
    [({"table": "a,b\n1,2\n"}, "no listening data of a kind"), ({}, "no listening data of a kind")],
)
def test_what_is_no_listening_is_refused_with_what_would_be(tmp_path, files, what):
    with pytest.raises(SourceError, match=what) as refusal:
        recognise(zipped(tmp_path / "x.zip", **files))
    assert "from Spotify" in str(refusal.value)


@pytest.mark.parametrize("fault", [Fault.BOMB, Fault.LEADS_OUT, Fault.LINK, Fault.ARCHIVE_INSIDE, Fault.ZIP_CUT_SHORT])
def test_what_the_door_refuses_is_refused_before_anything_is_read(tmp_path, fault):
    path = spotify_exports.write_export(tmp_path / "x.zip", Plan(fault=fault)).path
    with pytest.raises(SourceError):
        recognise(path)


def test_a_stranger_may_not_bring_more_than_the_limits_say(tmp_path):
    path = spotify_exports.write_export(tmp_path / "x.zip").path
    with pytest.raises(SourceError, match="unpacks to more than 1,000 bytes"):
        recognise(path, Limits(total_bytes=1_000))
