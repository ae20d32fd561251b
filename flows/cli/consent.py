"""Commands about consent, and the question ``ingest`` asks once: what a person agreed to, since when, and no longer."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, err, print_json, print_table, say, settings_of

if TYPE_CHECKING:
    from flows.settings import Settings
    from flows.withdrawn import Remains
    from pipelines.data.consent import Consent

app = typer.Typer()
_group = typer.Typer(
    help="Consents of people: show the text, agree to it, withdraw it.",
    epilog="Example: crossfade consent list",
    no_args_is_help=True,
)
app.add_typer(_group, name="consent", rich_help_panel="Data")

AcceptOption = Annotated[
    bool,
    typer.Option("--accept-consent", help="Agree to the text of 'crossfade consent show SOURCE' without being asked."),
]
ListenerArgument = Annotated[str, typer.Argument(metavar="LISTENER", help="The name under which the rows are stored.")]


@_group.command("list", epilog="Example: crossfade consent list --json")
def list_consents(context: typer.Context, as_json: JsonOption = False) -> None:
    """List every consent ever given, and whether it is still valid."""
    settings = settings_of(context)
    from pipelines.data.consent import ConsentLedger

    consents = ConsentLedger(settings.layout.consents).consents()
    if as_json:
        print_json([consent.to_json() for consent in consents])
        return
    if not consents:
        say("Nobody has agreed to anything yet.")
        return
    columns = ("id", "listener", "source", "uses", "text", "given (UTC)", "withdrawn (UTC)")
    print_table("Consents", dict.fromkeys(columns, "left"), [_line(consent) for consent in consents])


@_group.command(epilog="Example: crossfade consent show spotify-export")
def show(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="SOURCE|ID", help="A source, or the id of a consent.")],
    as_json: JsonOption = False,
) -> None:
    """Show the text that a source asks a person to agree to, or a consent with its text."""
    settings = settings_of(context)
    from pipelines.data.consent import ConsentLedger
    from pipelines.data.consent_text import consent_text, text_version

    ledger = ConsentLedger(settings.layout.consents)
    found = next((consent for consent in ledger.consents() if consent.consent_id == what), None)
    if found is None:
        _require_person_source(what)
    text = consent_text(what) if found is None else text_version(found.text_name, found.text_version)
    words = {"name": text.name, "version": text.version, "sha256": text.sha256, "words": text.words}
    if as_json:
        events = [event for event in ledger.events() if found and event["consent_id"] == found.consent_id]
        print_json({"text": words} | ({"consent": found.to_json(), "events": events} if found else {}))
        return
    if found is not None:
        state = f"withdrawn {found.withdrawn_at}" if found.withdrawn_at else "it stands"
        say(f"{_named(found)}: given {found.granted_at}, {state}.")
    if found is not None and found.text_sha256 != text.sha256:
        say("The words below are not those it was given to: this installation has others.", style="yellow")
    say(f"Text '{text.name}', version {text.version}\n")
    say(text.words.rstrip())


@_group.command(epilog="Example: crossfade consent grant ada spotify-export")
def grant(
    context: typer.Context,
    listener: ListenerArgument,
    source: Annotated[str, typer.Argument(help="The source whose rows may be used.")],
    use: Annotated[
        str, typer.Option(help="Agree to uses up to this one: display, seed (recommend from the rows) or train.")
    ] = "train",
    accept_consent: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the text for a source and record that a person agrees to it."""
    settings = settings_of(context)
    from pipelines.data.people import person_id
    from pipelines.data.provenance import Use, uses_up_to

    _require_person_source(source)
    if use not in set(Use):
        raise typer.BadParameter(f"'{use}' is none of {', '.join(Use)}", param_hint="--use")
    uses = uses_up_to(Use(use))
    consent = _agree(settings, person_id(listener), source, uses, accepted=accept_consent)
    if as_json:
        print_json(consent.to_json())
        return
    say(f"{_named(consent)} stands since {consent.granted_at}.")


@_group.command(epilog="Example: crossfade consent withdraw ada spotify-export")
def withdraw(
    context: typer.Context,
    listener: ListenerArgument,
    source: Annotated[str | None, typer.Argument(help="The source; --all for all sources.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Withdraw the consent for every source.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Withdraw consent: from now on, no training and no import uses the rows."""
    if (source is None) != everything:
        raise typer.BadParameter("name a source, or give --all")
    settings = settings_of(context)
    from datetime import UTC, datetime

    from flows.withdrawn import what_remains
    from pipelines.data.consent import ConsentLedger
    from pipelines.data.people import person_id

    ledger = ConsentLedger(settings.layout.consents)
    withdrawn = ledger.withdraw(person_id(listener), source, now=datetime.now(UTC))
    remains = what_remains(settings.layout, withdrawn)
    if as_json:
        print_json({"withdrawn": [each.consent_id for each in withdrawn], "remains": remains.to_json()})
        return
    for each in withdrawn:
        say(f"{_named(each)} is withdrawn.")
    say("From now on no training and no import uses these rows.")
    _tell(remains)


def ensure_consent(settings: Settings, source: str, options: Mapping[str, Any], *, accepted: bool) -> None:
    """See to it that the person whose data a source holds has agreed to today's words; ask where they have not.

    Args:
        settings: All settings.
        source: The source that is to be read.
        options: Its options.
        accepted: Whether the person agreed on the command line.

    Raises:
        ConfigError: Nobody can be asked, and nothing was said on the command line.
        NotPermittedError: The answer was no.
    """
    from flows.consent import person_of
    from pipelines.data.consent import ConsentLedger
    from pipelines.data.consent_text import consent_text
    from pipelines.data.provenance import ALL_USES

    person = person_of(source, options)
    if person is None or ConsentLedger(settings.layout.consents).find(person, source, consent_text(source)):
        return
    consent = _agree(settings, person, source, ALL_USES, accepted=accepted)
    err().print(f"{_named(consent)} is recorded; 'crossfade consent list' shows all.", markup=False)


def _agree(settings: Settings, person: str, source: str, uses: frozenset[Any], *, accepted: bool) -> Consent:
    """Record a person's yes, asked for here where it was not given on the command line."""
    from datetime import UTC, datetime

    from pipelines.data.consent import ConsentLedger
    from pipelines.data.consent_text import consent_text
    from pipelines.data.people import listener_name
    from pipelines.errors import ConfigError, NotPermittedError

    text, name = consent_text(source), listener_name(person)
    if not accepted:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise ConfigError(
                f"'{name}' has not agreed to its words, version {text.version}, and nobody is here to ask",
                where=f"source '{source}'",
                remedy=f"Read 'crossfade consent show {source}', then add --accept-consent",
            )
        err().print(text.words, markup=False)
        if not typer.confirm(f"Does {name} agree?", err=True):
            raise NotPermittedError("the answer was no, so nothing was recorded", where=f"source '{source}'")
    return ConsentLedger(settings.layout.consents).grant(person, source, text, now=datetime.now(UTC), uses=uses)


def _require_person_source(name: str) -> None:
    """Check that a name is that of a source that holds one person's data.

    Raises:
        ConfigError: It is not.
    """
    from flows.consent import person_of, sources_of_people
    from pipelines.errors import ConfigError
    from pipelines.sources import source_names

    if name not in source_names() or person_of(name, {}) is None:
        raise ConfigError(
            f"'{name}' is no source of one person's own data",
            where="consent",
            remedy=f"These are: {', '.join(sources_of_people())}; 'crossfade consent list' shows the ids of consents",
        )


def _named(consent: Consent) -> str:
    from pipelines.data.people import listener_name

    return f"Consent {consent.consent_id} of '{listener_name(consent.person)}' for {consent.source}"


def _line(consent: Consent) -> tuple[str, ...]:
    from pipelines.data.people import listener_name

    text = f"{consent.text_name} {consent.text_version}"
    uses = ", ".join(sorted(consent.uses))
    given, gone = (time[:16].replace("T", " ") if time else "-" for time in (consent.granted_at, consent.withdrawn_at))
    return (consent.consent_id, listener_name(consent.person), consent.source, uses, text, given, gone)


def _tell(remains: Remains) -> None:
    """Say what was stored or learned before the consent was withdrawn, and what to do about it."""
    stored = {"interactions in the latest snapshot": remains.interactions, "rows in quarantine": remains.quarantined}
    counted = ", ".join(f"{count:,} {what}" for what, count in stored.items() if count)
    if counted:
        say(f"Still stored, and used no more: {counted}; earlier snapshots may hold them, too.")
    if remains.bundles:
        say(f"Models that learned from them: {', '.join(remains.bundles)}.")
    if remains.champion:
        say(f"Served now is {remains.champion}, one of them: run 'crossfade train', then 'crossfade promote'.")
    if counted or remains.bundles:
        home = shlex.quote(str(remains.home))
        say(f"To remove them from disk, delete snapshots, quarantine and bundles in {home} and ingest the rest again.")
