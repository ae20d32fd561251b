"""Commands about what is served: ``promote``, ``shadow``, ``canary``, ``rollback`` and ``champion``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import JsonOption, print_json, say, settings_of

if TYPE_CHECKING:
    from flows.promoting import PromotionSummary
    from flows.releasing import CanaryCheck, CanarySummary
    from pipelines.release.promotion import PromotionDecision
    from pipelines.release.states import Releases

app = typer.Typer()
_PANEL = "Release"
TrainingOption = Annotated[str | None, typer.Option(help="The training's id; by default the last one.")]
OffOption = Annotated[bool, typer.Option("--off", help="End the trial.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why, in a sentence; kept in the log of releases.")]


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade promote")
def promote(
    context: typer.Context,
    training: TrainingOption = None,
    why: WhyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Judge a training's winner by the policy; if it passes, it is served. Exit status 1 if it is refused."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.promoting import promote as flow

        summary = flow(training, why)
    if as_json:
        print_json(summary.to_json())
    else:
        print_decision(summary)
    raise typer.Exit(0 if summary.decision.promote else 1)


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade shadow --why 'a week beside the champion'")
def shadow(
    context: typer.Context,
    training: TrainingOption = None,
    off: OffOption = False,
    why: WhyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Run a training's winner beside the champion; its lists are compared and logged, and shown to nobody."""
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.releasing import end
        from flows.releasing import shadow as start

        releases = end("shadow", why or "ended by hand") if off else start(training, why or "tried as shadow")
    _show(releases, as_json=as_json)


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade canary --share 0.05 --why 'before the weekend'")
def canary(
    context: typer.Context,
    training: TrainingOption = None,
    share: Annotated[float, typer.Option(help="The share of the listeners, above 0 and below 1.")] = 0.1,
    check: Annotated[
        bool, typer.Option("--check", help="Judge the canary by its likes and skips, and withdraw it if it does harm.")
    ] = False,
    off: OffOption = False,
    why: WhyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Serve a training's winner to a share of the listeners, always the same ones, if the policy allows it.

    Exit status 1 where it is refused, or taken back by --check.
    """
    if check and off:
        raise typer.BadParameter("--check and --off do not go together")
    if not 0 < share < 1:
        raise typer.BadParameter(f"{share:g} is not above 0 and below 1", param_hint="--share")
    settings = settings_of(context)
    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows import releasing

        if off:
            _show(releasing.end("canary", why or "ended by hand"), as_json=as_json)
            return
        done = releasing.check_canary() if check else releasing.canary(training, share, why or "tried as canary")
    if as_json:
        print_json(done.to_json())
    else:
        print_canary(done)
    raise typer.Exit(0 if done.goes_on else 1)


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade rollback --why "complaints since noon"')
def rollback(
    context: typer.Context,
    why: Annotated[
        str, typer.Option("--why", "--reason", help="Why, in a sentence; kept in the log of releases.")
    ] = "rolled back by hand",
    as_json: JsonOption = False,
) -> None:
    """Serve the previous champion again."""
    settings = settings_of(context)
    from dataclasses import asdict

    from flows.cli.story import flow_session

    with flow_session(settings):
        from flows.promoting import rollback as flow

        champion = flow(why)
    if as_json:
        print_json(asdict(champion))
        return
    say(f"Bundle {champion.bundle_id} is served again; {champion.previous} stays ready.")


@app.command(rich_help_panel=_PANEL, epilog="Example: crossfade champion --json")
def champion(
    context: typer.Context,
    mend: Annotated[
        bool, typer.Option("--mend", help="Restore a damaged state file from the log of releases.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show which model is served, where it comes from, and what was measured."""
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
    print_rules(summary.decision)
    if summary.decision.promote:
        say(f"Promoted: {summary.decision.reason}.", style="bold green")
        return
    serving = f"bundle {summary.champion.bundle_id} stays the champion" if summary.champion else "there is no champion"
    say(f"Refused; {serving}.", style="bold yellow")


def print_rules(decision: PromotionDecision) -> None:
    """Print every rule with its figures."""
    for rule in decision.rules:
        say(f"  {'yes' if rule.passed else 'NO '}  {rule.sentence}", style=None if rule.passed else "yellow")


def print_canary(done: CanarySummary | CanaryCheck) -> None:
    """Print what a canary was judged by, before it began or since."""
    from flows.releasing import CanaryCheck

    if isinstance(done, CanaryCheck):
        for rail in done.verdict.rails:
            say(f"  {rail.state:<9}  {rail.sentence}", style="yellow" if rail.state == "breach" else None)
        say("Taken back." if done.ended else "It goes on.", style="bold yellow" if done.ended else "bold green")
        return
    if done.decision is not None:
        print_rules(done.decision)
    if not done.goes_on:
        say("Refused; nobody is shown it.", style="bold yellow")
    elif done.releases is not None:
        _show(done.releases, as_json=False)


def _show(releases: Releases, *, as_json: bool) -> None:
    """Print who answers whom."""
    if as_json:
        print_json(releases.to_json())
        return
    say(f"champion  {releases.champion.bundle_id}, since {releases.champion.since}", style="bold")
    for name, trial in (("canary", releases.canary), ("shadow", releases.shadow)):
        if trial is not None:
            shown = f"shown to {trial.share:.1%} of the listeners" if trial.share else "shown to nobody"
            say(f"{name:<9} {trial.bundle_id}, {shown}, since {trial.since}: {trial.reason}")


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
