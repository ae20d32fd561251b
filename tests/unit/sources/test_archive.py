"""Published archives: checked, retried, kept; tried on a real server on this machine."""

from __future__ import annotations

import hashlib
import http.server
import threading
from dataclasses import dataclass, field

import pytest

from pipelines.errors import CrossfadeError, SourceError
from pipelines.sources.archive import PublishedArchive, download, local_copy
from pipelines.sources.base import SourceOptions

CONTENT = b"an archive " * 1000


@dataclass
class Site:
    """A server that gives prepared replies, one after the other; the last one for ever."""

    replies: list[tuple[int, bytes]]
    asked: list[str] = field(default_factory=list)
    port: int = 0

    def archive(self, content=CONTENT):
        sha256 = hashlib.sha256(content).hexdigest()
        return PublishedArchive(f"http://127.0.0.1:{self.port}/data/set.zip", sha256)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Ask this machine itself, whatever proxy the environment names."""
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def serve():
    """Start sites, and stop them after the test."""
    servers = []

    def start(*replies):
        site = Site(list(replies))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                status, body = site.replies.pop(0) if len(site.replies) > 1 else site.replies[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        servers.append((server, thread))
        site.port = server.server_port
        return site

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


GOOD = (200, CONTENT)


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_an_archive_is_fetched_once_and_kept(serve, tmp_path):
    site = serve(GOOD)
    options = SourceOptions(downloads=tmp_path)
    first = local_copy(site.archive(), options)
    assert first.read_bytes() == CONTENT
    assert local_copy(site.archive(), options) == first
    assert site.asked == ["/data/set.zip"]
    assert files_in(tmp_path) == [first]


def test_a_kept_copy_that_was_changed_is_fetched_again(serve, tmp_path):
    site = serve(GOOD)
    options = SourceOptions(downloads=tmp_path)
    local_copy(site.archive(), options).write_bytes(b"changed")
    assert local_copy(site.archive(), options).read_bytes() == CONTENT
    assert len(site.asked) == 2


def test_a_named_file_is_read_instead(tmp_path):
    path = tmp_path / "mine.zip"
    path.write_bytes(b"mine")
    nowhere = PublishedArchive("http://127.0.0.1:9/set.zip", "0" * 64)
    assert local_copy(nowhere, SourceOptions(archive=path, downloads=tmp_path)) == path


@pytest.mark.parametrize("path", ["missing.zip", "."])
def test_a_named_file_that_is_not_there_is_an_error_and_no_download(tmp_path, path):
    nowhere = PublishedArchive("http://127.0.0.1:9/set.zip", "0" * 64)
    with pytest.raises(SourceError, match=r"there is no such file|it is a folder"):
        local_copy(nowhere, SourceOptions(archive=tmp_path / path))


@pytest.mark.parametrize("hiccup", [(503, b"busy"), (200, CONTENT[:100]), (200, b"x" * len(CONTENT))])
def test_a_passing_failure_is_tried_again(serve, tmp_path, hiccup):
    site = serve(hiccup, hiccup, GOOD)
    download(site.archive(), tmp_path / "set.zip", pause=0.0)
    assert (tmp_path / "set.zip").read_bytes() == CONTENT
    assert len(site.asked) == 3


@pytest.mark.parametrize(
    ("reply", "attempts", "message"),
    [
        ((404, b""), 1, r"the download failed \(Not Found\)"),
        ((500, b""), 3, r"the download failed \(Internal Server Error\)"),
        ((200, b"x" * len(CONTENT)), 3, r"the download failed \(11,000 bytes with the checksum .* came, published is"),
    ],
)
def test_a_failure_says_what_to_do_and_leaves_nothing(serve, tmp_path, reply, attempts, message):
    site = serve(reply)
    with pytest.raises(SourceError, match=rf"{message}.*pass it: --archive FILE \(make: ARCHIVE=FILE\)"):
        download(site.archive(), tmp_path / "kept" / "set.zip", pause=0.0)
    assert len(site.asked) == attempts
    assert files_in(tmp_path) == []


def test_without_a_network_the_error_says_what_to_do(tmp_path):
    # Port 9 of this machine: nobody listens there.
    nowhere = PublishedArchive("http://127.0.0.1:9/set.zip", "0" * 64)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1:9/set\.zip: the download failed .*--archive FILE"):
        download(nowhere, tmp_path / "set.zip", pause=0.0)
    assert files_in(tmp_path) == []


def test_a_place_that_cannot_be_written_is_not_taken_for_a_failed_download(serve, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(CrossfadeError, match="cannot be written"):
        download(serve(GOOD).archive(), tmp_path / "file" / "set.zip", pause=0.0)
