"""The flow that forgets people: out of the store, snapshots, models, reports, quarantine, accounts and databases.

Every step finds for itself what there is to do, so a run that was killed is simply run again: what was done is not
there any more, and what was changed so far stands in the request. The request goes when the receipt is written.

Nobody's name becomes a parameter of a flow, a log line or a result: Prefect keeps those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.forgetting_models import forget_bundles, forget_old_bundles
from flows.forgetting_places import (
    forget_accounts,
    forget_batches,
    forget_caches,
    forget_consents,
    forget_databases,
    forget_quarantine,
    forget_reports,
    forget_snapshots,
    forget_spool,
    forget_store,
    remove_old_snapshots,
)
from flows.ingestion import alone
from flows.outbox import collect_letters
from flows.progress import name_run, tell
from flows.publishing import forget_published
from flows.scrubbing import Name, files_that_name
from flows.settings import Settings, load_settings
from pipelines.errors import CrossfadeError, UnknownIdError
from pipelines.store.forget_requests import ForgetRequest, ForgetRequests
from pipelines.store.receipts import Change, ForgetReceipt, save_receipt
from pipelines.store.secret import Secret

#: In this order: nothing is removed before what takes its place is there, and nothing new is learned meanwhile.
_STEPS: tuple[tuple[str, Callable[[ForgetRequest, Settings], Iterator[Change]]], ...] = (
    ("waiting feedback", forget_spool),
    ("consents", forget_consents),
    ("snapshots", forget_snapshots),
    ("reports", forget_reports),
    ("models", forget_bundles),
    ("old models", forget_old_bundles),
    ("old snapshots", remove_old_snapshots),
    ("quarantine", forget_quarantine),
    ("lists", forget_batches),
    ("accounts", forget_accounts),
    ("caches", forget_caches),
    ("databases", forget_databases),
    ("the bucket", forget_published),
)


@flow(name="forget", flow_run_name="forget")
def forget() -> tuple[ForgetReceipt, ...]:
    """Forget everybody whose request waits: those of 'crossfade forget' and those the service has taken.

    Returns:
        A receipt for each.

    Raises:
        CrossfadeError: Something of somebody could not be removed, or nothing is known of them. In the first case their
            request waits on, with what was done; the others have been forgotten all the same.
    """
    settings = load_settings().settings
    collect_letters(settings)
    requests = requests_of(settings)
    receipts: list[ForgetReceipt] = []
    failures: list[CrossfadeError] = []
    for request in requests.waiting():
        try:
            receipts.append(forget_one(request, settings, requests))
        except CrossfadeError as error:
            get_run_logger().warning("%s", error)
            failures.append(error)
    create_markdown_artifact(_account(receipts), key="forgotten", description="What was removed, and where")
    done = _people(receipts) if receipts or failures else "nobody waits"
    tell("forget", done)
    name_run(f"forget: {done}{f', {len(failures)} failed' if failures else ''}")
    if failures:
        raise failures[0]
    return tuple(receipts)


def forget_one(request: ForgetRequest, settings: Settings, requests: ForgetRequests) -> ForgetReceipt:
    """Carry out one request inside a running flow; errors as for ``forget``."""
    with alone(settings.layout):
        request = requests.save(forget_store(request, settings))
        for words, step in _STEPS:
            tell("forget", words)
            request = carry_out(words, step, request, settings, requests)
        tell("forget", "every file is searched")
        return finish(request, settings, requests)


def requests_of(settings: Settings) -> ForgetRequests:
    """Return the requests of an installation.

    Raises:
        ConfigError: The secret is too short, or others can read its file.
    """
    return ForgetRequests(settings.layout, Secret.of(settings.layout, settings.secret_key.get_secret_value()))


@task(name="forget in", task_run_name="{words}", cache_policy=NO_CACHE, persist_result=False)
def carry_out(
    words: str,
    step: Callable[[ForgetRequest, Settings], Iterator[Change]],
    request: ForgetRequest,
    settings: Settings,
    requests: ForgetRequests,
) -> ForgetRequest:
    """Carry out one step; what it changes is written down as it goes."""
    del words
    for change in step(request, settings):
        request = requests.save(replace(request, changes=(*request.changes, change)))
    return request


@task(name="receipt", task_run_name="search, and write the receipt", cache_policy=NO_CACHE, persist_result=False)
def finish(request: ForgetRequest, settings: Settings, requests: ForgetRequests) -> ForgetReceipt:
    """Search every file for the name and write the receipt.

    Raises:
        UnknownIdError: There was nothing of this person anywhere.
        CrossfadeError: The name still stands somewhere; the message says where.
    """
    home, name = settings.layout, Name(request.listener_id)
    left = files_that_name(home, name)
    if left:
        places = ", ".join(str(path.relative_to(home.root)) for path in left[:5])
        raise CrossfadeError(
            f"the name still stands in {len(left)} files: {places}",
            where=str(home.root),
            remedy="Remove them, or stop what writes them; then run 'crossfade forget' again",
        )
    if not request.changes and not any(request.removed.values()):
        requests.done(request)
        raise UnknownIdError(
            "nothing is known of this listener", where=str(home.root), remedy="Check the id: it is compared as it is"
        )
    receipt = ForgetReceipt(
        receipt_id=f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{request.request_id[:8]}",
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        mac=request.mac,
        removed=dict(request.removed),
        changes=request.changes,
        searched=name.is_telling,
    ).sealed()
    save_receipt(home, receipt)
    requests.done(request)
    return receipt


def _people(receipts: Sequence[ForgetReceipt]) -> str:
    return "nobody was forgotten" if not receipts else "1 person" if len(receipts) == 1 else f"{len(receipts)} people"


def _account(receipts: Sequence[ForgetReceipt]) -> str:
    if not receipts:
        return "Nobody was forgotten."
    lines = [f"Forgotten: {_people(receipts)}.", "", "| receipt | store | elsewhere |", "|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {each.receipt_id} | {sum(each.removed.values())} | {len(each.changes)} |" for each in receipts)]
    )
