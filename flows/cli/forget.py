"""The command ``forget``, and the check of what it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.store.receipts import ForgetReceipt

app = typer.Typer()


@app.command(rich_help_panel="Data", epilog="Example: crossfade forget person:anna")
def forget(
    context: typer.Context,
    user: Annotated[
        str | None,
        typer.Argument(
            metavar="USER", help="The listener's id, as in the rows ('person:NAME' for a person's own data)."
        ),
    ] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Forget everybody whose request is waiting.")] = False,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="RECEIPT", help="Check a receipt instead, and its models.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a person from the store, snapshots, models, reports and caches, and write a receipt that names nobody."""
    settings = settings_of(context)
    if check is not None:
        _check(context, check, user, as_json=as_json)
        return
    if (user is None) != waiting:
        raise ConfigError("whom to forget is not clear", where="crossfade forget", remedy="Name a USER, or --waiting")
    from datetime import UTC, datetime

    from flows.cli.story import flow_session
    from flows.forgetting import forget as flow
    from flows.forgetting import requests_of

    if user is not None:
        requests_of(settings).add(user, now=datetime.now(UTC))
    with flow_session(settings):
        receipts = flow()
    if as_json:
        print_json([receipt.to_json() for receipt in receipts])
        return
    for receipt in receipts:
        _print(receipt)
    if not receipts:
        say("Nobody waits to be forgotten.")


def _print(receipt: ForgetReceipt) -> None:
    from flows.forgetting_places import KEPT_MEASUREMENT

    stored = ", ".join(f"{count:,} {name}" for name, count in receipt.removed.items() if count) or "nothing"
    say(f"Forgotten. From the event store: {stored}.", style="bold green")
    for change in receipt.changes:
        if change.what != KEPT_MEASUREMENT:
            say(f"  {change.what:<18} {change.where}{f' -> {change.now_at}' if change.now_at else ''}")
    if kept := sum(change.what == KEPT_MEASUREMENT for change in receipt.changes):
        say(f"  {KEPT_MEASUREMENT:<18} {kept:,} removed; the next training measures again")
    say("No file of the home folder names them." if receipt.searched else "The id is too short to search files for it.")
    say(f"Receipt {receipt.receipt_id}; 'crossfade forget --check' with its file in 'forgotten' checks it.")


def _check(context: typer.Context, path: Path, user: str | None, *, as_json: bool) -> None:
    from flows.receipt_check import check_receipt

    findings = check_receipt(settings_of(context), path, user)
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            say(f"{'yes' if finding.holds else 'NO '}  {finding.words}", style=None if finding.holds else "yellow")
    raise typer.Exit(0 if all(finding.holds for finding in findings) else 1)
