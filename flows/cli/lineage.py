"""The command ``lineage``: from any id to the data a model learned from, and to where it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of

if TYPE_CHECKING:
    from pipelines.release.lineage import Line, RowSource, Trace

app = typer.Typer()
_SHOWN = 10


@app.command(rich_help_panel="Release", epilog="Example: crossfade lineage hetrec-lastfm")
def lineage(
    context: typer.Context,
    anything: Annotated[
        str,
        typer.Argument(
            help="A training or MLflow run, model version, bundle, snapshot, commit, Bento tag, source, consent, or "
            "the request id of a list; ids may be cut off after six characters."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Follow an id both ways: rows and consents, snapshot, code, training, model version, bundle, Bento, service."""
    settings = settings_of(context)
    from flows.lineage import lineage_of

    found = lineage_of(settings, anything)
    if as_json:
        print_json(found.to_json())
        return
    _print(found, anything)


def _print(found: Trace, anything: str) -> None:
    say(f"{anything}: {' and '.join(found.kinds)}", style="bold")
    if found.served is not None:
        say(f"  shown on {found.served.at} by bundle {found.served.bundle_id}")
        if found.served.shadow_id is not None:
            overlap = found.served.shadow_overlap
            share = "" if overlap is None else f", which had {overlap:.0%} of it"
            say(f"  unseen beside it the list of shadow {found.served.shadow_id}{share}")
    if not found.lines:
        say("  nothing more is known of that model here")
    for line in found.lines[:_SHOWN]:
        _print_line(line)
    if len(found.lines) > _SHOWN:
        say(f"\nand {len(found.lines) - _SHOWN} earlier models; --json shows all")


def _print_line(line: Line) -> None:
    say(f"\n{line.recommender}, {line.role}", style="bold")
    facts = {
        "bundle": line.bundle_id,
        "Bento": ", ".join(line.bentos) or "none was built",
        "version": f"crossfade/{line.model_version}" if line.model_version else "unknown",
        "training": f"{line.training_id}, {line.trained_at}" if line.training_id else "unknown",
        "verdict": f"{line.verdict} (policy {line.policy})" if line.verdict else "not decided yet",
        "code": line.commit or "unknown",
        "engine": line.engine,
        "settings": line.config_hash,
        "snapshot": line.snapshot_id,
    }
    for name, fact in facts.items():
        say(f"  {name:<9} {fact}")
    for source in line.sources:
        _print_source(source)
    if line.gone:
        say(f"  gone      {', '.join(line.gone)}", style="yellow")


def _print_source(source: RowSource) -> None:
    origin = source.provenance
    newest = f", the newest of {source.newest[:10]}" if source.newest else ""
    say(f"  rows      {source.rows:,} of {origin.source}{newest}; may {', '.join(sorted(origin.uses))}")
    say(f"            {origin.origin} ({origin.licence})")
    for consent in source.consents:
        stands = "stands" if consent.active else f"withdrawn {consent.withdrawn_at}"
        say(f"            consent {consent.consent_id} of {consent.granted_at[:10]}, {stands}")
