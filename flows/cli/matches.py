"""Commands about which tracks are the same recording: what was joined, why, what was not, and how to mend it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.cli.console import JsonOption, err, print_json, print_table, say, settings_of

if TYPE_CHECKING:
    from flows.recordings import Recordings
    from pipelines.data.entities import Described, MatchExplanation
    from pipelines.data.snapshot import Snapshot

app = typer.Typer()
_group = typer.Typer(
    help="Tracks that are one recording: which were joined and why, which were not, and how to correct it.",
    epilog="Example: crossfade matches list",
    no_args_is_help=True,
)
app.add_typer(_group, name="matches", rich_help_panel="Data")

RuleName = Literal["correction", "isrc", "mbid", "name"]
SourceOption = Annotated[str | None, typer.Option(help="Only tracks of this source.")]
LimitOption = Annotated[int, typer.Option(min=0, help="Show at most this many tracks.")]


@_group.command("list", epilog="Example: crossfade matches list --rule name")
def list_matches(
    context: typer.Context,
    rule: Annotated[RuleName | None, typer.Option(help="Only tracks that this rule joined.")] = None,
    limit: LimitOption = 20,
    as_json: JsonOption = False,
) -> None:
    """List the tracks that were joined with another, and how many of each source another source knows."""
    from pipelines.data.entities import join_rates

    snapshot = _snapshot(context)
    from flows.recordings import Recordings

    recordings = Recordings(join_rates(snapshot.sourced_tracks().data, snapshot.matches))
    found = [row for row in snapshot.matches.data.to_pylist() if rule in {None, row["rule"]}]
    if as_json:
        print_json({"snapshot_id": snapshot.snapshot_id, **recordings.to_json(), "matches": found})
        return
    print_rates(recordings)
    if not found:
        say(f"No track goes by another track's id{f' because of the rule {rule!r}' if rule else ''}.")
        return
    columns = dict.fromkeys(("track", "goes by", "rule", "what they share"), "left")
    shown = [(row["track_id"], row["canonical_id"], row["rule"], row["evidence"]) for row in islice(found, limit)]
    print_table("Tracks that go by another track's id", columns, shown)
    _say_rest(len(found) - len(shown))


@_group.command(epilog="Example: crossfade matches explain spotify:track:4uLU6hMCjMI75M1A2tKUQC")
def explain(
    context: typer.Context,
    track: Annotated[str, typer.Argument(metavar="TRACK", help="Any id of the track.")],
    as_json: JsonOption = False,
) -> None:
    """Show which tracks are the same recording as a track and why, and which of the same name are not."""
    from pipelines.data.entities import explain_match, read_corrections

    snapshot = _snapshot(context)
    corrections = read_corrections(settings_of(context).layout.matches)
    found = explain_match(snapshot.catalogue(), snapshot.matches, track, corrections)
    if as_json:
        print_json({"track_id": track, **found.to_json()})
    else:
        _print_explanation(found)


@_group.command(epilog="Example: crossfade matches unmatched --source spotify-export")
def unmatched(
    context: typer.Context, source: SourceOption = None, limit: LimitOption = 20, as_json: JsonOption = False
) -> None:
    """List the tracks that only one source knows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from pipelines.data import columns as c
    from pipelines.data.entities import describe, known_elsewhere

    snapshot = _snapshot(context)
    rows = snapshot.sourced_tracks().data
    if source is not None and source not in snapshot.readings:
        raise typer.BadParameter(
            f"the latest snapshot has no rows of '{source}', only of {', '.join(snapshot.readings)}"
        )
    alone = rows.filter(pa.array(~known_elsewhere(rows, snapshot.matches)))
    chosen = alone if source is None else alone.filter(pc.equal(alone[c.SOURCE], source))
    ordered = chosen.sort_by([(c.SOURCE, "ascending"), (c.TRACK_ID, "ascending")])
    if as_json:
        print_json([vars(track) for track in describe(ordered)])
        return
    if not ordered.num_rows:
        say("There are none.")
        return
    columns = dict.fromkeys(("track", "source", "name"), "left")
    shown = [_cells(each) for each in describe(ordered.slice(0, limit))]
    print_table("Tracks that only one source knows", columns, shown)
    _say_rest(ordered.num_rows - len(shown))


@_group.command(epilog="Example: crossfade matches apply")
def apply(context: typer.Context, as_json: JsonOption = False) -> None:
    """Match the tracks of the latest snapshot again, with the current corrections in matches.csv."""
    home = settings_of(context).layout
    from flows.matching import match_again

    summary = match_again(home, lambda: err().print("Waiting for an ingestion that is at work on this home folder ..."))
    if as_json:
        print_json(summary.to_json())
        return
    print_rates(summary.recordings)
    say(f"Snapshot {summary.snapshot_id}{'' if summary.changed else ', as before: nothing new'}.")
    if summary.changed:
        say("Models learn of it with the next 'crossfade train'.")


def print_rates(recordings: Recordings) -> None:
    """Print how many tracks of each source another source knows too."""
    for note in recordings.notes():
        say(f"Note: {note}", style="yellow")
    if lines := recordings.rate_lines():
        from flows.recordings import RATE_COLUMNS

        sides = dict.fromkeys(RATE_COLUMNS, "right") | dict.fromkeys((RATE_COLUMNS[0], RATE_COLUMNS[-1]), "left")
        print_table("Recordings that several sources know", sides, lines)


def _snapshot(context: typer.Context) -> Snapshot:
    from flows.latest import latest_snapshot

    return latest_snapshot(settings_of(context).layout)


def _print_explanation(found: MatchExplanation) -> None:
    columns = dict.fromkeys(("track", "source", "name", "because of", "rule", "what they share"), "left")
    rows = [
        (*_cells(each.track), each.matched_id or "goes by this id", each.rule or "", each.evidence or "")
        for each in found.members
    ]
    print_table(f"One recording: {found.canonical_id}", columns, rows)
    if found.not_joined:
        columns = dict.fromkeys(("track", "source", "name", "why not"), "left")
        print_table("Not the same", columns, [(*_cells(each.track), each.reason) for each in found.not_joined])


def _cells(track: Described) -> tuple[str, str, str]:
    return track.track_id, track.source, " - ".join(filter(None, (track.artists, track.title)))


def _say_rest(rest: int) -> None:
    if rest > 0:
        say(f"... and {rest:,} more; --limit shows them, --json has all.")
