"""The page's files: what they refer to exists, nothing comes from elsewhere, and they are light."""

import asyncio
import re
from itertools import count

import httpx
import pytest

from serving.web_app import WEB_FOLDER, build_web_app, content_digest

FILES = sorted(path for path in WEB_FOLDER.rglob("*") if path.is_file())
SCRIPTS = sorted(WEB_FOLDER.rglob("*.js"))
READABLE = [path for path in FILES if path.suffix in {".html", ".css", ".js", ".svg"}]
IMPORTED = re.compile(r'^(?:import|\}).*"\./([\w/]+\.js)";$', re.MULTILINE)


def get(path, app=None):
    app = app or build_web_app(lambda: {"openapi": "3.1.0"})

    async def asked():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    return asyncio.run(asked())


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_a_page_refers_only_to_files_that_exist(page):
    answer = get(page)
    addresses = re.findall(r'(?:href|src)="(web/[^"]+)"', answer.text)
    assert answer.headers["content-type"].startswith("text/html")
    assert addresses
    for address in addresses:
        assert get(f"/{address}").status_code == 200
    assert "{web}" not in answer.text


def test_pages_are_asked_for_again_and_their_files_never():
    assert get("/").headers["cache-control"] == "no-cache"
    style = get(f"/web/{content_digest(WEB_FOLDER)}/css/base.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]
    assert get("/web/anything-else/css/base.css").status_code == 404


def test_scripts_are_served_as_modules_have_to_be():
    assert "javascript" in get(f"/web/{content_digest(WEB_FOLDER)}/js/main.js").headers["content-type"]


@pytest.mark.parametrize("path", ["/web/{digest}/../web_app.py", "/web/{digest}/%2e%2e/web_app.py", "/web/{digest}/js"])
def test_nothing_but_the_files_is_served(path):
    assert get(path.format(digest=content_digest(WEB_FOLDER))).status_code == 404


def test_the_document_is_made_once():
    counter = count(1)
    app = build_web_app(lambda: {"made": next(counter)})
    assert [get("/docs.json", app).json(), get("/docs.json", app).json()] == [{"made": 1}, {"made": 1}]


def test_the_address_of_the_files_changes_with_a_name_and_with_a_content(tmp_path):
    (tmp_path / "a.js").write_text("1")
    first = content_digest(tmp_path)
    (tmp_path / "a.js").write_text("2")
    second = content_digest(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, second, content_digest(tmp_path)}) == 3


def test_every_module_of_the_first_load_is_announced_in_the_page():
    needed, look = set(), ["main.js"]
    while look:
        needed.add(name := look.pop())
        look += set(IMPORTED.findall((WEB_FOLDER / "js" / name).read_text(encoding="utf-8"))) - needed
    page = (WEB_FOLDER / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'rel="modulepreload" href="\{web\}/js/([^"]+)"', page)) == needed - {"main.js"}


def test_files_are_sent_compressed():
    script = get(f"/web/{content_digest(WEB_FOLDER)}/js/main.js")
    assert script.headers["content-encoding"] == "gzip"
    assert int(script.headers["content-length"]) < len(script.content) / 2


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_no_file_names_another_host_but_the_one_for_the_player(path):
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", path.read_text(encoding="utf-8"))
    spotify = {"https://open.spotify.com"} if path.name == "spotify.js" else set()
    assert set(addresses) <= {"http://www.w3.org/2000/svg"} | spotify


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_markup_or_code_from_text(path):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setAttribute\(\"on"
    assert not re.search(forbidden, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(WEB_FOLDER.glob("*.html")), ids=lambda path: path.name)
def test_no_page_holds_code_or_style_that_its_policy_forbids(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text)
