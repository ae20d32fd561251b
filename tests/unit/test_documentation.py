"""What the documents say exists: links, make targets, commands, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
MODULE = re.compile(r"`([\w./-]+\.py)`")
MAKE = re.compile(r"(?:^|`|\s)make ([a-z]+(?:-[a-z]+)*)\b")
CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
OPTION = re.compile(r"--?[a-zA-Z][\w-]*(=.*)?")
COMMAND = re.compile(r"crossfade ([a-z][a-z-]+)(.*)")


def code_of(page: Path) -> str:
    """Return what stands in a page's code blocks and code words, one a line."""
    found = CODE.findall(page.read_text(encoding="utf-8"))
    return "\n".join(block or word for block, word in found)


@pytest.fixture(scope="module")
def modules() -> list[str]:
    """Return every Python file of the project by its path."""
    packages = ("flows", "pipelines", "validation", "serving", "infra", "tests")
    return [path.relative_to(ROOT).as_posix() for name in packages for path in (ROOT / name).rglob("*.py")]


def commands() -> dict[str, set[str]]:
    """Return every command of the program with its options."""
    from flows.cli.main import app

    root = typer.main.get_command(app)
    found: dict[str, set[str]] = {}

    def walk(prefix: str, group: object) -> None:
        for name, command in getattr(group, "commands", {}).items():
            full = f"{prefix} {name}".strip()
            found[full] = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            walk(full, command)

    walk("", root)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    dead = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_that_are_named_exist(page, modules):
    named = MODULE.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not any(f"/{module}".endswith(f"/{name}") for module in modules)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(MAKE.findall(code_of(page))) <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_their_options_exist(page):
    known = commands()
    for name, rest in COMMAND.findall(code_of(page)):
        words = [name, *rest.split()]
        nested = f"{words[0]} {words[1]}" if len(words) > 1 else words[0]
        command = nested if nested in known else name
        assert command in known, f"there is no command '{name}'"
        given = {word.partition("=")[0] for word in rest.split("#")[0].split() if OPTION.fullmatch(word)}
        assert given - {"--help"} <= known[command], f"'{command}' does not take {given - known[command]}"


def test_every_command_has_help_with_an_example():
    from flows.cli.main import app

    root = typer.main.get_group(app)
    for name, command in root.commands.items():
        assert command.help, name
        assert "crossfade" in f"{command.help} {command.epilog or ''}", f"'{name}' shows no example"


def test_decision_records_are_numbered_one_by_one_and_all_listed():
    records = sorted(path.name for path in (ROOT / "docs" / "adr").glob("0*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    listed = re.findall(
        r"^(\d+)\. \[.*\]\((\S+)\)$", (ROOT / "docs" / "adr" / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert listed == [(str(int(name[:4])), name) for name in records]


def test_the_tables_of_accuracy_were_measured():
    text = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    table = text.partition("<!-- accuracy: start -->")[2].partition("<!-- accuracy: end -->")[0]
    for title in ("EASE (dense)", "SLIM-ridge", "Hybrid SLIM", "Popularity"):
        assert table.count(f"| {title} |") == 2
