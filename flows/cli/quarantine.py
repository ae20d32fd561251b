"""Commands about quarantine: what was set aside, why, and how it comes back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, print_json, print_table, say, settings_of

if TYPE_CHECKING:
    import numpy as np

    from validation.quarantine import QuarantineEntry

app = typer.Typer()
_group = typer.Typer(
    help="Rows that were set aside: list them, look at them, readmit them.",
    epilog="Example: crossfade quarantine list",
    no_args_is_help=True,
)
app.add_typer(_group, name="quarantine", rich_help_panel="Data")

EntryArgument = Annotated[str, typer.Argument(metavar="ID", help="The entry's id, or the beginning of it.")]
RowsOption = Annotated[str | None, typer.Option(metavar="NUMBERS", help="Only these rows, as in 1,4-7.")]
ReasonOption = Annotated[
    str | None, typer.Option(help="Only rows set aside for this reason: the name of the rule, or words of the reason.")
]
_NUMBERS = re.compile(r"(\d+)(?:-(\d+))?")


@_group.command("list", epilog="Example: crossfade quarantine list --json")
def list_entries(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Also entries whose rows have all been readmitted.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what each ingestion set aside, newest first."""
    settings = settings_of(context)
    from validation.quarantine import list_quarantine

    entries = [entry for entry in list_quarantine(settings.layout.quarantine) if entry.count or everything]
    if as_json:
        print_json([_summary(entry) for entry in entries])
        return
    if not entries:
        say("Nothing is in quarantine.")
        return
    columns = {"id": "left", "time (UTC)": "left", "source": "left", "rows": "right", "most frequent reason": "left"}
    print_table("Quarantine", columns, [_line(entry) for entry in entries])


@_group.command(epilog="Example: crossfade quarantine show 3f2a --reason play_ms")
def show(
    context: typer.Context,
    entry_id: EntryArgument,
    rows: RowsOption = None,
    reason: ReasonOption = None,
    limit: Annotated[int, typer.Option(min=0, help="Show at most this many rows.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the reasons and the rows of an entry."""
    settings = settings_of(context)
    from validation.quarantine import find_quarantine

    entry = find_quarantine(settings.layout.quarantine, entry_id)
    chosen = _choose(entry, rows, reason)
    lines = _numbered(entry, chosen)
    if as_json:
        print_json(_summary(entry) | {"rows": [line | {"row": json.loads(line["row"])} for line in lines[:limit]]})
        return
    say(f"Entry {entry.entry_id}: {entry.count:,} rows of {entry.source}, set aside {_time(entry)} UTC.")
    reasons = [(each.table, each.action, each.reason, f"{each.rows:,}") for each in entry.reasons]
    print_table("Reasons", {"table": "left", "what was done": "left", "reason": "left", "rows": "right"}, reasons)
    shown = [(str(line["number"]), line["table"], line["rule"] or "-", _brief(line["row"])) for line in lines[:limit]]
    print_table("Rows", {"": "right", "table": "left", "rule": "left", "row": "left"}, shown)
    if len(lines) > limit:
        say(f"... and {len(lines) - limit:,} more; --limit shows more of them.")


@_group.command(epilog="Example: crossfade quarantine readmit 3f2a --reason play_ms")
def readmit(
    context: typer.Context,
    entry_id: EntryArgument,
    rows: RowsOption = None,
    reason: ReasonOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check rows again with today's rules; rows that pass join the data. Exit status 1 if none do."""
    settings = settings_of(context)
    from flows.cli.story import flow_session
    from validation.quarantine import find_quarantine

    entry = find_quarantine(settings.layout.quarantine, entry_id)
    numbers = [int(number) for number in entry.numbers()[_choose(entry, rows, reason)]]
    with flow_session(settings):
        from flows.readmission import readmit as flow

        done = flow(entry.entry_id, numbers)
    if as_json:
        print_json(done.to_json())
        raise typer.Exit(0 if done.passed else 1)
    if done.passed:
        say(f"{done.passed:,} of {done.asked:,} rows passed and joined snapshot {done.snapshot_id}.")
    else:
        say(f"None of the {done.asked:,} rows passed.")
    if done.failed:
        say(f"{done.failed:,} failed again: crossfade quarantine show {done.failed_in}", style="yellow")
    if done.withheld:
        say(f"{done.withheld:,} rest on no consent that stands, and stay: crossfade consent list", style="yellow")
    if done.remaining:
        say(f"{done.remaining:,} rows are still in entry {done.entry_id}.")
    raise typer.Exit(0 if done.passed else 1)


def _choose(entry: QuarantineEntry, rows: str | None, reason: str | None) -> np.ndarray:
    """Tell for each row that is still in an entry whether it is meant.

    Raises:
        BadParameter: The numbers cannot be read, or none of these rows is there.
    """
    import numpy as np

    numbers, table = entry.numbers(), entry.rows()
    chosen = np.ones(len(numbers), dtype=bool)
    if rows is not None:
        chosen &= np.isin(numbers, _numbers(rows, highest=int(numbers.max(initial=0))))
    if reason is not None:
        pairs = zip(table["rule"].to_pylist(), table["reason"].to_pylist(), strict=True)
        chosen &= np.array([_is_meant(reason, rule, words) for rule, words in pairs], dtype=bool)
    if not chosen.any():
        asked = " and ".join(f"--{name} '{given}'" for name, given in (("rows", rows), ("reason", reason)) if given)
        raise typer.BadParameter(f"no row in entry {entry.entry_id} is meant by {asked}" if asked else "it is empty")
    return chosen


def _is_meant(asked: str, rule: str | None, reason: str) -> bool:
    named = (rule or "").casefold()
    return asked.casefold() in {named, named.rpartition(".")[2]} or asked.casefold() in reason.casefold()


def _numbers(text: str, *, highest: int) -> list[int]:
    """Return the numbers a text like 1,4-7 names, up to the highest there is."""
    found: list[int] = []
    for part in text.split(","):
        match = _NUMBERS.fullmatch(part.strip())
        if match is None:
            raise typer.BadParameter(f"'{part}' is no number and no range; write them as in 1,4-7", param_hint="--rows")
        first, last = int(match[1]), int(match[2] or match[1])
        found += range(first, min(last, highest) + 1)
    return found


def _numbered(entry: QuarantineEntry, chosen: np.ndarray) -> list[dict[str, Any]]:
    """Return the chosen lines, each with its number."""
    import pyarrow as pa

    lines = entry.rows().filter(pa.array(chosen)).to_pylist()
    return [{"number": int(number), **line} for number, line in zip(entry.numbers()[chosen], lines, strict=True)]


def _brief(row: str) -> str:
    """Return a row without what it does not say."""
    said = {name: value for name, value in json.loads(row).items() if value is not None}
    return json.dumps(said, ensure_ascii=False)


def _summary(entry: QuarantineEntry) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "id": entry.entry_id,
        "created_at": entry.created_at,
        "source": entry.source,
        "count": entry.count,
        "gone": len(entry.left),
        "reasons": [asdict(reason) for reason in entry.reasons],
    }


def _line(entry: QuarantineEntry) -> tuple[str, ...]:
    first = entry.reasons[0] if entry.reasons else None
    why = f"{first.table}: {first.reason} ({first.rows:,})" if first else "all have left"
    return (entry.entry_id, _time(entry), entry.source, f"{entry.count:,}", why)


def _time(entry: QuarantineEntry) -> str:
    return entry.created_at[:16].replace("T", " ")
