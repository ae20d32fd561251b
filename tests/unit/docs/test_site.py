"""The site is built strictly: every link and anchor holds, every page has its place, nothing comes from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.docs.site_hooks import files_linked, repository_path, with_breaks, with_links_of_the_site

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole site, built as 'make docs' builds it."""
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=ROOT,
        env={"PATH": "", "HOME": str(target), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    warnings = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
    assert done.returncode == 0, "\n".join(warnings)
    return target


def test_every_page_becomes_one_of_the_site(site):
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    # A README is what GitHub shows of a folder, and the index of it on the site.
    names = [page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages]
    assert [str(name) for name in names if not (site / name).is_file()] == []


def test_nothing_is_fetched_from_another_host(site):
    fetched = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^\"> ]+", re.IGNORECASE)
    for page in site.rglob("*.html"):
        found = [hit for hit in fetched.findall(page.read_text(encoding="utf-8")) if 'rel="canonical"' not in hit]
        assert found == [], page.name
    for sheet in site.rglob("*.css"):
        assert re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")) == [], (
            sheet.name
        )


def test_a_file_outside_docs_comes_along(site):
    assert (site / "source/tests/benchmarks/slim_scale.py").is_file()


@pytest.fixture
def repository(tmp_path):
    for name in ("README.md", "docs/index.md", "docs/adr/README.md", "docs/how-to/a.md", "infra/policy.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("uri", "link", "on_the_site"),
    [
        ("how-to/a.md", "../index.md#start", "../index.md#start"),
        ("how-to/a.md", "../../README.md", "../project/readme.md"),
        ("how-to/a.md", "../../infra/policy.toml", "../source/infra/policy.toml"),
        ("index.md", "adr/", "adr/README.md"),
        ("project/readme.md", "docs/how-to/a.md", "../how-to/a.md"),
        ("project/readme.md", "infra/policy.toml#L3", "../source/infra/policy.toml#L3"),
        ("index.md", "https://example.org/x", "https://example.org/x"),
        ("index.md", "#here", "#here"),
    ],
)
def test_a_link_leads_to_the_same_thing_on_the_site_as_in_the_repository(repository, uri, link, on_the_site):
    assert with_links_of_the_site(f"[x]({link})", uri, repository) == f"[x]({on_the_site})"


def test_only_files_that_are_no_pages_of_the_site_are_copied(repository):
    text = "[a](../../README.md) [b](../index.md) [c](../../infra/policy.toml) [d](../../infra) [e](../../gone.txt)"
    assert files_linked(text, repository_path("how-to/a.md"), repository) == ["infra/policy.toml"]


def test_a_name_in_a_table_breaks_at_its_joints_and_elsewhere_not_at_all():
    assert with_breaks("<td><code>a.b_c</code> d.e</td>") == "<td><code>a.<wbr>b_<wbr>c</code> d.e</td>"
    assert with_breaks("<p><code>a.b</code></p>") == "<p><code>a.b</code></p>"
