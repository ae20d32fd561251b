"""Archives from anywhere: what is read, and everything that is refused."""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.errors import SourceError
from pipelines.sources.safe_archive import Limits, open_archive

FILES = {"b/two.json": b"22", "a.json": b"1" * 5_000_000, "b/empty.json": b""}
KINDS = ("zip", "folder", "tar", "tar.gz", "tar.zst")


def write_zip(path: Path, files: dict[str, bytes] = FILES, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: dict[str, bytes] = FILES) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def tar_bytes(files: dict[str, bytes] = FILES, extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for entry in extra:
            archive.addfile(entry)
    return buffer.getvalue()


def packed(content: bytes, kind: str) -> bytes:
    codec = {"tar.gz": "gzip", "tar.zst": "zstd"}.get(kind)
    if codec is None:
        return content
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(content)
    return bytes(sink.getvalue())


def write(kind: str, folder: Path, files: dict[str, bytes] = FILES) -> Path:
    if kind == "zip":
        return write_zip(folder / "x.zip", files)
    if kind == "folder":
        return write_folder(folder / "x", files)
    path = folder / f"x.{kind}"
    path.write_bytes(packed(tar_bytes(files), kind))
    return path


def content_of(path: Path, **limits: int) -> dict[str, bytes]:
    return {name: stream.read() for name, stream in open_archive(path, Limits(**limits)).read(lambda _: True)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_is_read_as_it_was_written(kind, tmp_path):
    assert content_of(write(kind, tmp_path)) == FILES


@pytest.mark.parametrize("kind", KINDS)
def test_names_come_sorted_and_only_wanted_members_are_opened(kind, tmp_path):
    archive = open_archive(write(kind, tmp_path))
    assert archive.names() == ("a.json", "b/empty.json", "b/two.json")
    assert [(name, stream.read()) for name, stream in archive.read(lambda name: "two" in name)] == [
        ("b/two.json", b"22")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_programs_put_beside_the_data_does_not_count(kind, tmp_path):
    noise = {"__MACOSX/a.json": b"x", ".DS_Store": b"x", "b/._two.json": b"x", ".Trash/x.zip": b"x"}
    assert set(content_of(write(kind, tmp_path, {"b/two.json": b"22", **noise}))) == {"b/two.json"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_while_reading(kind, tmp_path, monkeypatch):
    path = write(kind, tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    before = sorted(tmp_path.rglob("*"))
    content_of(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.zst"])
@pytest.mark.parametrize("name", ["../up.json", "/etc/passwd", "a/../../up.json", "C:\\up.json", "..\\up.json", "\\up"])
def test_a_name_that_leads_out_is_refused(kind, name, tmp_path):
    with pytest.raises(SourceError, match="has a name that leads out of the archive"):
        content_of(write(kind, tmp_path, {"ok.json": b"1", name: b"2"}))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["my_spotify_data.zip", "b/dump.tar.zst", "B.ZIP"])
def test_an_archive_inside_is_refused_and_not_passed_over(kind, name, tmp_path):
    with pytest.raises(SourceError, match="is an archive itself"):
        open_archive(write(kind, tmp_path, {"ok.json": b"1", name: b"2"})).names()


def test_a_link_in_a_zip_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        entry = zipfile.ZipInfo("link.json")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(SourceError, match=r"'link.json' is a link or a device"):
        content_of(tmp_path / "x.zip")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_in_a_tar_is_refused(kind, tmp_path):
    entry = tarfile.TarInfo("link.json")
    entry.type, entry.linkname = kind, "/etc/passwd"
    (tmp_path / "x.tar").write_bytes(tar_bytes(extra=(entry,)))
    with pytest.raises(SourceError, match=r"'link.json' is a link or a device"):
        content_of(tmp_path / "x.tar")


@pytest.mark.parametrize("target", ["a.json", "b", "nowhere"])
def test_a_link_in_a_folder_is_refused(target, tmp_path):
    folder = write_folder(tmp_path / "x")
    (folder / "link.json").symlink_to(folder / target)
    with pytest.raises(SourceError, match=r"'link.json' is a link or a device"):
        content_of(folder)


def test_a_pipe_in_a_folder_is_refused_and_not_waited_for(tmp_path):
    folder = write_folder(tmp_path / "x")
    os.mkfifo(folder / "pipe.json")
    with pytest.raises(SourceError, match=r"'pipe.json' is a link or a device"):
        content_of(folder)


def test_an_encrypted_member_is_refused(tmp_path):
    content = bytearray(write_zip(tmp_path / "x.zip", {"a.json": b"1"}).read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(SourceError, match=r"'a.json' is encrypted"):
        content_of(tmp_path / "x.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_whose_blocks_have_no_bound_is_refused(method, tmp_path):
    with pytest.raises(SourceError, match="is packed in a way that is not read"):
        content_of(write_zip(tmp_path / "x.zip", method=method))


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.zst"])
def test_a_bomb_is_refused_by_its_ratio(kind, tmp_path):
    with pytest.raises(SourceError, match="unpacks to more than 200 times its size"):
        content_of(write(kind, tmp_path, {"a.json": bytes(40 << 20)}))


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_bytes_or_members_are_refused(kind, tmp_path):
    path = write(kind, tmp_path)
    with pytest.raises(SourceError, match="unpacks to more than 4,000,000 bytes"):
        content_of(path, total_bytes=4_000_000)
    with pytest.raises(SourceError, match="holds more than 2 files"):
        content_of(path, members=2)


def test_a_tar_header_without_an_end_is_refused(tmp_path):
    entry = tarfile.TarInfo("x" * 8_000_000)
    (tmp_path / "x.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    with pytest.raises(SourceError, match="the header of a member has no end"):
        content_of(tmp_path / "x.tar")


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.zst"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_is_cut_short_is_refused(kind, share, tmp_path):
    path = write(kind, tmp_path, {**FILES, "c.json": os.urandom(200_000)})
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(SourceError, match="cut short"):
        content_of(path)


def test_a_tar_cut_between_two_members_is_refused(tmp_path):
    whole = tar_bytes({"a.json": b"1" * 512, "b.json": b"2" * 512})
    (tmp_path / "x.tar").write_bytes(whole[:1024])
    with pytest.raises(SourceError, match="cut short"):
        content_of(tmp_path / "x.tar")


def test_a_flipped_bit_in_a_zip_is_found(tmp_path):
    content = bytearray(write_zip(tmp_path / "x.zip", {"a.json": b"plays" * 10}, zipfile.ZIP_STORED).read_bytes())
    content[content.index(b"plays")] ^= 1
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(SourceError, match="Bad CRC-32"):
        content_of(tmp_path / "x.zip")


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_changes_while_it_is_read_is_refused(kind, tmp_path):
    path = write(kind, tmp_path)
    written = path / "a.json" if kind == "folder" else path

    def read() -> None:
        for _ in open_archive(path).read(lambda _: True):
            with written.open("ab") as file:
                file.write(b"more")

    with pytest.raises(SourceError, match="still being written"):
        read()


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "it is empty"), (b"not an archive", "neither a zip nor a tar archive")]
)
def test_another_file_is_refused(content, message, tmp_path):
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(SourceError, match=message):
        open_archive(tmp_path / "x.zip")


def test_a_path_that_is_not_there_or_a_pipe_is_refused(tmp_path):
    with pytest.raises(SourceError, match="there is no such file or folder"):
        open_archive(tmp_path / "x.zip")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        open_archive(tmp_path / "pipe")


def test_an_error_shows_no_control_characters_of_a_name(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"\x1b[2J/../" + "n" * 500: b"1"})
    with pytest.raises(SourceError) as caught:
        content_of(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300 + len(str(path))
