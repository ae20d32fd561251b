"""Commands about what is served: ``promote``, ``rollback`` and ``champion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of

if TYPE_CHECKING:
    from flows.promoting import PromotionSummary

app = typer.Typer()
_PANEL = "Release"


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade promote")
def promote(
    context: typer.Context,
    training: Annotated[str | None, typer.Option(help="The training's id; by default the last one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a training's winner by the policy; on a yes it is served. Exit status 1 where it is refused."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.promoting import promote as flow

        summary = flow(training)
    if as_json:
        print_json(summary.to_json())
    else:
        print_decision(summary)
    raise typer.Exit(0 if summary.decision.promote else 1)


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade rollback --reason "complaints since noon"')
def rollback(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why, in a sentence.")] = "rolled back by hand",
    as_json: JsonOption = False,
) -> None:
    """Serve the previous champion again."""
    settings = settings_of(context)
    from dataclasses import asdict

    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.promoting import rollback as flow

        champion = flow(reason)
    if as_json:
        print_json(asdict(champion))
        return
    say(f"Bundle {champion.bundle_id} is served again; {champion.previous} stays ready.")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade champion --json")
def champion(
    context: typer.Context,
    mend: Annotated[
        bool, typer.Option("--mend", help="Write a damaged state file again, from the log of releases.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is served: the model, where it comes from, what was measured."""
    settings = settings_of(context)
    from dataclasses import asdict

    from pipelines.release.champion import champion_bundle, read_champion
    from pipelines.release.moves import mend as write_again

    if mend:
        write_again(settings.layout)
    bundle = champion_bundle(settings.layout)
    current = read_champion(settings.layout)
    release = asdict(current) if current else {}
    if as_json:
        print_json(release | {"model": dict(bundle.manifest)})
        return
    _print_champion(release, dict(bundle.manifest))


def print_decision(summary: PromotionSummary) -> None:
    """Print every rule with its figures, and the verdict."""
    for rule in summary.decision.rules:
        say(f"  {'yes' if rule.passed else 'NO '}  {rule.sentence}", style=None if rule.passed else "yellow")
    if summary.decision.promote:
        say(f"Promoted: {summary.decision.reason}.", style="bold green")
        return
    serving = f"bundle {summary.champion.bundle_id} stays the champion" if summary.champion else "there is no champion"
    say(f"Refused; {serving}.", style="bold yellow")


def _print_champion(release: dict[str, Any], manifest: dict[str, Any]) -> None:
    lineage, measured = manifest["lineage"], manifest["figures"].get("metrics", {}).get("ndcg@10")
    say(f"{manifest['title']}, bundle {release['bundle_id']}, since {release['since']}", style="bold")
    say(f"  why        {release['reason']}")
    say(f"  previous   {release['previous'] or 'none'}")
    say(f"  size       {manifest['n_tracks']:,} tracks, {manifest['n_users']:,} listeners")
    if measured:
        say(f"  nDCG@10    {measured['mean']:.4f} [{measured['low']:.4f}, {measured['high']:.4f}]")
    for name in ("snapshot_id", "config_hash", "commit"):
        say(f"  {name.split('_')[0]:<10} {lineage.get(name) or 'unknown'}")
