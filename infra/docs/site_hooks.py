"""Hooks of MkDocs: pages of the repository's root join the site, and links that leave docs/ lead somewhere there too.

On GitHub ``../../infra/config/policy.toml`` leads to the file. On the site the file is copied beside the pages, under
``source/``, so the same link works in both places, without a network and always in the same version.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

#: Pages of the root -> their place on the site.
PROJECT = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
}
#: What the site shares with the web page.
ASSETS = {
    "serving/web/icon.svg": "assets/icon.svg",
    "serving/web/fonts/bricolage-grotesque.woff2": "assets/bricolage-grotesque.woff2",
}
DOCS = "docs/"
SOURCE = "source/"
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)#\s]+)(?=[)#])")
_CELL = re.compile(r"<td\b[^>]*>.*?</td>", re.DOTALL)
_CODE = re.compile(r"(?<=<code>)[^<]+")
_JOINT = re.compile(r"(?<=\w)([./_])(?=\w)")
_INDEXES = ("README.md", "index.md")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the root's pages, the shared assets, and every file that a page links to."""
    root = Path(config.config_file_path).parent
    for name, place in {**PROJECT, **ASSETS}.items():
        files.append(File.generated(config, place, abs_src_path=str(root / name)))
    for file in list(files.documentation_pages()):
        for name in files_linked(file.content_string, repository_path(file.src_uri), root):
            if files.get_file_from_path(SOURCE + name) is None:
                files.append(File.generated(config, SOURCE + name, abs_src_path=str(root / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the links of a page lead to what is on the site."""
    del files
    return with_links_of_the_site(markdown, page.file.src_uri, Path(config.config_file_path).parent)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let long names in tables break where a reader would break them."""
    del page, config, files
    return with_breaks(html)


def repository_path(uri: str) -> str:
    """Return where a page of the site stands in the repository."""
    return {place: name for name, place in PROJECT.items()}.get(uri, DOCS + uri)


def files_linked(markdown: str, page: str, root: Path) -> list[str]:
    """Return the files outside docs/ that a page links to and that are no pages of the site."""
    linked = {_named(page, link, root) for link in _LINK.findall(markdown)}
    return sorted(name for name in linked if (root / name).is_file() and _place(name).startswith(SOURCE))


def with_links_of_the_site(markdown: str, uri: str, root: Path) -> str:
    """Return a page with links between places of the site instead of places of the repository.

    Args:
        markdown: The page.
        uri: Its place on the site.
        root: The repository.
    """
    page = repository_path(uri)

    def moved(found: re.Match[str]) -> str:
        place = _place(_named(page, found[0], root))
        return posixpath.relpath(place, str(PurePosixPath(uri).parent))

    return _LINK.sub(moved, markdown)


def with_breaks(html: str) -> str:
    """Return a page in which a name in a table may be broken after a dot, a slash or an underscore."""
    return _CELL.sub(lambda cell: _CODE.sub(lambda code: _JOINT.sub(r"\1<wbr>", code[0]), cell[0]), html)


def _named(page: str, link: str, root: Path) -> str:
    """Return the repository path that a link of a page leads to; of a folder its index, where it has one."""
    name = posixpath.normpath(posixpath.join(posixpath.dirname(page), link))
    inside: Callable[[str], str] = lambda index: f"{name}/{index}"  # noqa: E731
    return next((inside(index) for index in _INDEXES if (root / inside(index)).is_file()), name)


def _place(name: str, project: Mapping[str, str] = PROJECT) -> str:
    """Return where a file of the repository is on the site."""
    if name in project:
        return project[name]
    return name.removeprefix(DOCS) if name.startswith(DOCS) and not name.startswith("docs/examples/") else SOURCE + name
