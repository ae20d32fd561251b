"""The command line as a page: every command, argument, option and default, from Typer's own tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.docs.reference.markdown import code, page, table

_OPENING = """Every command takes `--help`. It ends with 0, with 1 where something was refused or failed, or with 2
where it was called wrongly, and then says in one line what is wrong and what to do. What a program reads is printed
with `--json` on the standard output; progress and problems go to the standard error. Options that stand before the
command hold for all of them."""

_PLAIN = {"str": "text", "int": "whole number", "float": "number", "list[str]": "text, as often as there are"}


def command_line(program: Any) -> str:
    """Return the page.

    Args:
        program: The root of the tree, as ``typer.main.get_group`` gives it.
    """
    panels: defaultdict[str, list[tuple[str, Any]]] = defaultdict(list)
    for name, command in _leaves(program):
        panels[_panel(program, name)].append((name, command))
    parts = [_OPENING, _parameters(program.params)]
    for panel, commands in panels.items():
        parts += [f"## {panel}", *(part for name, command in commands for part in _command(name, command))]
    return page("Command line", "the commands in `flows/cli/`", *parts)


def _leaves(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its full name."""
    commands: Mapping[str, Any] = getattr(group, "commands", {})
    for name, command in commands.items():
        full = f"{prefix} {name}".strip()
        if getattr(command, "commands", None):
            yield from _leaves(command, full)
        elif not command.hidden:
            yield full, command


def _panel(program: Any, name: str) -> str:
    """Return the heading under which a command, or the group it belongs to, stands in ``crossfade --help``."""
    panel = program.commands[name.split(maxsplit=1)[0]].rich_help_panel
    return panel if isinstance(panel, str) else "More"


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"### crossfade {name}"
    yield command.help.strip()
    usage = f"crossfade {name} {' '.join(command.collect_usage_pieces(_context(command, name)))}"
    example = (command.epilog or "").removeprefix("Example: ")
    yield f"```sh\n{usage}\n{example}".rstrip() + "\n```"
    yield _parameters(command.params, _context(command, name))


def _parameters(parameters: Iterable[Any], context: Any = None) -> str:
    rows = [
        (
            ", ".join(map(code, (*_names(each), *each.secondary_opts))),
            _takes(each, context),
            _default(each),
            _help(each),
        )
        for each in parameters
        if not getattr(each, "hidden", False)
    ]
    return table(("option", "takes", "default", "meaning"), rows) if rows else ""


def _names(parameter: Any) -> list[str]:
    """Return what a parameter is called; an argument by the word that stands for it in the usage."""
    return [parameter.metavar or parameter.name] if parameter.param_type_name == "argument" else parameter.opts


def _takes(parameter: Any, context: Any) -> str:
    """Return what may stand there: a flag takes nothing."""
    if getattr(parameter, "is_flag", False):
        return ""
    bounds = (("from", parameter.min), ("to", parameter.max))
    kind = parameter.metavar or parameter.display_type(context).strip("<>").replace(" range", "").replace("|", " or ")
    kind = _PLAIN.get(kind, kind)
    return ", ".join((kind, *(f"{word} {value}" for word, value in bounds if value is not None)))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    return "" if value in (None, False) or callable(value) else code("yes" if value is True else value)


def _help(parameter: Any) -> str:
    return parameter.help or ""


def _context(command: Any, name: str) -> Any:
    return command.make_context(name, [], resilient_parsing=True)
