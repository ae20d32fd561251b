"""Commands that ask the champion: ``recommend``, ``similar`` and ``explain``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.console import DaskOption, JsonOption, err, print_json, print_table, say, settings_of
from flows.cli.engines import EngineOption, MasterOption, SparkConfOption, chosen_engine

if TYPE_CHECKING:
    import pyarrow as pa

    from flows.settings import Settings
    from pipelines.release.batch import Histories
    from pipelines.release.bundle import ModelBundle

app = typer.Typer()
_PANEL = "Recommendations"
_SHOWN_LISTENERS = 3

Length = Annotated[int, typer.Option("-k", min=1, max=1000, help="The length of each list.")]


@app.command(
    rich_help_panel=_PANEL, epilog="Example: crossfade recommend --histories plays.csv -k 20 --out lists.parquet"
)
def recommend(
    context: typer.Context,
    histories: Annotated[
        Path | None, typer.Option(help="A table (CSV or Parquet) with user_id, track_id and optionally weight.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="A listener the model was trained on.")] = None,
    everybody: Annotated[
        bool,
        typer.Option("--all", help="Write shards and a manifest for all listeners; an interrupted run is resumed."),
    ] = False,
    shards: Annotated[
        int | None,
        typer.Option(min=1, max=100_000, help="With --all: the number of files (default: one per 100,000 listeners)."),
    ] = None,
    k: Length = 10,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, .csv or .parquet: user_id, track_id, rank, score. With --all, a folder for runs."
        ),
    ] = None,
    dask_address: DaskOption = None,
    engine: EngineOption = "local",
    master: MasterOption = None,
    spark_conf: SparkConfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank tracks for the listeners of a table, for one known listener, or for all known listeners."""
    if user is not None and (everybody or histories is not None):
        raise typer.BadParameter(f"give either {'--all' if everybody else '--histories'} or --user, not both")
    if (shards is not None or dask_address is not None) and not everybody:
        raise typer.BadParameter("--shards and --dask-address go with --all")
    chosen = chosen_engine(engine, master, spark_conf)
    if everybody and chosen.name != "local":
        raise typer.BadParameter("--all spreads its shards with --dask-address; --engine goes without it")
    settings = settings_of(context, dask_address=dask_address)
    if everybody:
        _for_everybody(settings, k=k, shards=shards, out=out, histories=histories, as_json=as_json)
        return
    from pipelines.engines.choosing import started
    from pipelines.parallel import at_work
    from pipelines.release.batch import recommend_batches, recommend_table
    from pipelines.release.champion import champion_bundle

    bundle = champion_bundle(settings.layout)
    asked = _histories(bundle, histories, user)
    _tell_what_is_left_out(bundle, asked)
    if out is not None:
        with started(chosen) as running, at_work(running):
            rows = _write(out, recommend_batches(bundle, asked, k), len(asked.users))
        say(f"{rows:,} rows for {len(asked.users):,} listeners: {out}")
    elif as_json:
        with started(chosen) as running, at_work(running):
            print_json(recommend_table(bundle, asked, k).to_pylist())
    else:
        _show(bundle, asked, k)


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade similar "Radiohead" -k 5')
def similar(
    context: typer.Context,
    track: Annotated[str, typer.Argument(help="A track's id, or words of its title and artists.")],
    k: Length = 10,
    as_json: JsonOption = False,
) -> None:
    """List the tracks that are most similar to a track."""
    settings = settings_of(context)
    from flows.cli.catalogue import Catalogue
    from pipelines.errors import NotSupportedError
    from pipelines.recommenders.base import SimilarTracks
    from pipelines.recommenders.ranking import PAD
    from pipelines.release.champion import champion_bundle

    bundle = champion_bundle(settings.layout)
    catalogue = Catalogue(bundle)
    index = catalogue.find(track)
    model = bundle.recommender
    if not isinstance(model, SimilarTracks):
        raise NotSupportedError(
            f"the champion ({model.title}) cannot tell which tracks are alike", remedy="Promote a model that can"
        )
    found = model.similar(index, k)
    pairs = [(int(i), float(s)) for i, s in zip(found.indices[0], found.scores[0], strict=True) if i != PAD]
    if as_json:
        rows = [catalogue.entry(i) | {"rank": rank, "score": score} for rank, (i, score) in enumerate(pairs, start=1)]
        print_json({"track": catalogue.entry(index), "similar": rows})
        return
    lines = [(str(rank), catalogue.name(i), catalogue.id(i), f"{s:.4f}") for rank, (i, s) in enumerate(pairs, start=1)]
    columns = {"": "right", "track": "left", "id": "left", "score": "right"}
    print_table(f"Most like {catalogue.name(index)}", columns, lines)


@app.command(rich_help_panel=_PANEL, epilog='Example: crossfade explain --user 2 "Radiohead"')
def explain(
    context: typer.Context,
    track: Annotated[str, typer.Argument(help="A track's id, or words of its title and artists.")],
    user: Annotated[str, typer.Option(help="A listener the model was trained on.")],
    as_json: JsonOption = False,
) -> None:
    """Explain a score: what each track of a listener's history adds to it."""
    settings = settings_of(context)
    from flows.cli.catalogue import Catalogue
    from pipelines.errors import NotSupportedError
    from pipelines.recommenders.base import Explains
    from pipelines.release.champion import champion_bundle

    bundle = champion_bundle(settings.layout)
    catalogue = Catalogue(bundle)
    index, model = catalogue.find(track), bundle.recommender
    if not isinstance(model, Explains):
        raise NotSupportedError(
            f"the champion ({model.title}) cannot explain its scores", remedy="Promote one that can"
        )
    parts = model.contributions(bundle.encode([_known(bundle, user)]), index)
    score = sum(part.amount for part in parts)
    if as_json:
        rows = [catalogue.entry(part.track) | {"amount": part.amount} for part in parts]
        print_json({"user_id": user, "track": catalogue.entry(index), "score": score, "contributions": rows})
        return
    lines = [(catalogue.name(part.track), catalogue.id(part.track), f"{part.amount:+.4f}") for part in parts]
    title = f"{catalogue.name(index)} for listener {user}: score {score:.4f}, the sum of"
    print_table(title, {"track": "left", "id": "left", "adds": "right"}, lines)


def _for_everybody(
    settings: Settings, *, k: int, shards: int | None, out: Path | None, histories: Path | None, as_json: bool
) -> None:
    """Run the flow that writes lists for everybody, and say what it did."""
    from flows.cli.story import flow_session

    with flow_session(settings) as clock:
        from flows.batch import batch

        summary = batch(k, shards, out, histories)
    if as_json:
        print_json(summary.to_json() | {"seconds": clock.split().to_json()})
        return
    said = summary.manifest
    shards = summary.made + summary.kept
    say(f"{said['listeners']:,} lists in {shards} shard{'' if shards == 1 else 's'}: {summary.folder}")
    if summary.kept:
        say(f"{summary.kept} of the shards were there already.")
    if said["withheld"]:
        say(f"{said['withheld']:,} listeners have none: they were forgotten, or asked to be.")


def _histories(bundle: ModelBundle, path: Path | None, user: str | None) -> Histories:
    from pipelines.release.batch import Histories, read_histories

    if path is not None:
        return read_histories(path)
    if user is not None:
        return Histories((user,), (_known(bundle, user),))
    return Histories.of_bundle(bundle)


def _known(bundle: ModelBundle, user: str) -> dict[str, float]:
    from pipelines.errors import UnknownIdError

    history = bundle.known_history(user)
    if history is None:
        prefixes = sorted({str(known).partition(":")[0] for known in bundle.users.ids if ":" in str(known)})
        hint = f" (its ids begin with '{prefixes[0]}:')" if prefixes else ""
        raise UnknownIdError(
            f"the model was not trained on the listener '{user}'",
            where="--user",
            remedy=f"Check the id{hint}, or pass the history with 'crossfade recommend --histories'",
        )
    return history


def _tell_what_is_left_out(bundle: ModelBundle, asked: Histories) -> None:
    """Say on the standard error what of the histories could not be used."""
    tracks = {track for history in asked.tracks for track in history}
    known = {*bundle.tracks.ids, *bundle.aliases}
    empty = sum(1 for history in asked.tracks if not known.intersection(history))
    notes = [
        (asked.left_out, "rows have a weight that is not a positive number and were left out"),
        (len(tracks - known), "tracks are not known to the model and were left out"),
        (empty, "listeners have no track the model knows; they get what most listeners play"),
    ]
    for count, text in notes:
        if count:
            err().print(f"Note: {count:,} {text}.", style="yellow", markup=False)


def _write(path: Path, batches: Iterator[pa.Table], listeners: int) -> int:
    """Write lists with a bar on the terminal, and return the number of rows."""
    from rich.progress import track

    from pipelines.release.batch import write_lists

    written = write_lists(path, batches)
    steps = listeners // 1000 + 2
    return max(track(written, "recommend", total=steps, console=err(), transient=True, disable=not err().is_terminal))


def _show(bundle: ModelBundle, asked: Histories, k: int) -> None:
    """Print the lists of the first listeners, with the reason for each track."""
    from flows.cli.catalogue import Catalogue

    catalogue = Catalogue(bundle)
    shown = asked.users[:_SHOWN_LISTENERS]
    lists = bundle.recommend(asked.tracks[:_SHOWN_LISTENERS], k, reasons=2)
    columns = {"": "right", "track": "left", "id": "left", "score": "right", "because of": "left"}
    for user, ranked in zip(shown, lists, strict=True):
        rows: list[tuple[str, ...]] = []
        for each in ranked:
            because = ", ".join(catalogue.name(catalogue.find(reason.track_id)) for reason in each.reasons)
            name = catalogue.name(catalogue.find(each.track_id))
            rows.append((str(each.rank), name, each.track_id, f"{each.score:.4f}", because or "popular"))
        print_table(f"For listener {user}", columns, rows)
    if rest := len(asked.users) - len(shown):
        say(f"... and {rest:,} more listeners; --out FILE writes all lists.")
