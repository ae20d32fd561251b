"""Inputs: one file or many, packed or not, opened in one way."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest

from pipelines.errors import ConfigError, SourceError
from pipelines.sources.base import SourceOptions
from pipelines.sources.inputs import checksum_of, named_input, read_members
from pipelines.sources.safe_archive import Limits


def is_text(name):
    return name.removesuffix(".gz").endswith(".txt")


def members(path, **options):
    return {each.name: each.stream.read() for each in read_members(path, is_text, what="texts", **options)}


def test_a_folder_and_archives_of_it_hold_the_same(tmp_path):
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"one")
    (folder / "below" / "b.txt.gz").write_bytes(gzip.compress(b"two"))
    (folder / "c.png").write_bytes(b"no text")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder))
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(folder, ".")
    (tmp_path / "x.tgz").write_bytes(gzip.compress((tmp_path / "x.tar").read_bytes()))
    wanted = {"a.txt": b"one", "below/b.txt": b"two"}
    for name in ("folder", "x.zip", "x.tar", "x.tgz"):
        found = members(tmp_path / name)
        assert {key.removeprefix("./"): value for key, value in found.items()} == wanted, name


@pytest.mark.parametrize("content", [b"one", gzip.compress(b"one")], ids=["plain", "gzip"])
def test_a_file_by_itself_is_read_whatever_it_is_called(tmp_path, content):
    (tmp_path / "download (1)").write_bytes(content)
    assert members(tmp_path / "download (1)") == {"download (1)": b"one"}


def test_the_name_of_a_file_by_itself_is_not_kept_with_its_rows(tmp_path):
    (tmp_path / "of-somebody.txt").write_bytes(b"one")
    (alone,) = read_members(tmp_path / "of-somebody.txt", is_text, what="texts")
    (within,) = read_members(tmp_path, is_text, what="texts")
    assert (alone.place(3), within.place(3)) == ("line 3", "of-somebody.txt, line 3")


def test_a_folder_without_what_is_looked_for_is_refused(tmp_path):
    (tmp_path / "c.png").write_bytes(b"no text")
    with pytest.raises(SourceError, match=r"it holds no texts\. Pass the file, folder or archive as it was downloaded"):
        members(tmp_path)


def test_a_packed_file_that_is_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 64)[:-9])
    with pytest.raises(SourceError, match="damaged, cut short or still being written"):
        members(path)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"x" * 1000))
    with pytest.raises(SourceError, match="it unpacks to more than 999 bytes"):
        members(path, limits=Limits(total_bytes=999))


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"one")
    reading = read_members(path, is_text, what="texts")
    next(reading).stream.read()
    path.write_bytes(b"one and two")
    with pytest.raises(SourceError, match="still being written"):
        next(reading)


def test_a_checksum_is_that_of_the_content(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_bytes(b"same")
    assert checksum_of(tmp_path / "one") == checksum_of(tmp_path / "two")
    assert checksum_of(tmp_path / "one" / "a.txt") == checksum_of(tmp_path / "two" / "a.txt")
    (tmp_path / "two" / "a.txt").write_bytes(b"other")
    assert checksum_of(tmp_path / "one") != checksum_of(tmp_path / "two")


def test_without_a_path_there_is_nothing_to_read():
    with pytest.raises(ConfigError, match=r"source 'x': no file was named\. Pass a thing"):
        named_input(SourceOptions(), source="x", what="a thing")


def test_a_gzip_member_can_be_read_from_a_stream_that_cannot_seek(tmp_path):
    packed = io.BytesIO(gzip.compress(b"two"))
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        member = tarfile.TarInfo("b.txt.gz")
        member.size = len(packed.getvalue())
        archive.addfile(member, packed)
    assert members(tmp_path / "x.tar") == {"b.txt": b"two"}
