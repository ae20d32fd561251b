"""The commands ``lab list`` and ``lab run``."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, print_json, print_table, say
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipelines.testing.lab.account import LabAccount, Outcome

app = typer.Typer()
_lab = typer.Typer(no_args_is_help=True)
app.add_typer(
    _lab,
    name="lab",
    rich_help_panel="Operations",
    help="Inject classic failures into a copy of a small world, and see what catches them.",
    epilog="Example: crossfade lab run label-swap",
)


@_lab.command("list", epilog="Example: crossfade lab list")
def list_failures(as_json: JsonOption = False) -> None:
    """List the failures."""
    from pipelines.testing.lab.failures import failures

    if as_json:
        print_json([{"name": each.name, "title": each.title, "injected": each.injected} for each in failures()])
        return
    rows = [(each.name, each.injected, ", ".join(each.guards)) for each in failures()]
    print_table("The failure lab", dict.fromkeys(("name", "what is injected", "caught by"), "left"), rows)


@_lab.command(epilog="Example: crossfade lab run --all --json")
def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Which failures: crossfade lab list")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder, to look around in it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Inject failures into copies of a small world and show which guard catches each.

    Exit status 1 where one gets through, or the healthy world does not. Your own home folder is not touched.
    """
    if bool(names) == everything:
        raise ConfigError("name some failures, or all", where="crossfade lab run", remedy="See 'crossfade lab list'")
    from pipelines.testing.lab.failures import failure_named, failures

    chosen = failures() if everything else tuple(failure_named(name) for name in dict.fromkeys(names or ()))
    from flows.cli.story import flow_session
    from flows.lab import lab_settings, run_lab

    with _folder(keep=keep) as folder, lab_settings(folder) as settings, flow_session(settings):
        account = run_lab([failure.name for failure in chosen])
    if as_json:
        print_json(account.to_json())
    else:
        _tell(account, folder if keep else None)
    raise typer.Exit(0 if account.good else 1)


@contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    """Give a new folder under the temporary one, and remove it in the end unless it is to be kept."""
    folder = Path(mkdtemp(prefix="crossfade-lab-"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _tell(account: LabAccount, kept: Path | None) -> None:
    """Tell what happened, one short story a failure."""
    control = account.control
    say("✔ The undisturbed world passes every guard." if control.good else "✘ The undisturbed world is held up.")
    for guard in control.fired:
        say(f"    {guard.name}: {guard.words}")
    for outcome in account.outcomes:
        _tell_one(outcome)
    caught = sum(outcome.good for outcome in account.outcomes)
    say(f"\n{caught} of {len(account.outcomes)} failures caught, {account.seconds:.0f} s.")
    if kept is not None:
        say(
            f"Look around: crossfade --home {kept / 'healthy'} serve --ui; the Data Docs: data-docs in each home there."
        )


def _tell_one(outcome: Outcome) -> None:
    failure = outcome.failure
    if failure is None:
        return
    say(f"\n{failure.title}", style="bold")
    say(f"  {failure.story}")
    say(f"  Injected: {failure.injected}.")
    for guard in outcome.caught:
        say(f"  ✔ {outcome.result}, caught by {guard.name}: {guard.words}", style="green")
    if not outcome.good:
        say(f"  ✘ {outcome.result}: no guard that was made for it has held", style="red")
    for guard in outcome.fired:
        if guard not in outcome.caught:
            say(f"    also {'refuses' if guard.holds else 'warns'}: {guard.name}: {guard.words}")
    say(f"  Prefect: {failure.prefect}")
    say(f"  Great Expectations: {failure.expectations}")
    say(f"  MLflow: {failure.mlflow}")
    say(f"  To mend it: {failure.mend}")
