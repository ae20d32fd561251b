"""The options that say where listening data come from, shared by the commands that read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines.errors import ConfigError

SourceArgument = Annotated[
    str, typer.Argument(help="synthetic, files, hetrec-lastfm, taste-profile, or one of another package.")
]
InputArgument = Annotated[
    Path | None,
    typer.Argument(metavar="INPUT", help="What to read: the same as --archive, and for 'files' as --interactions."),
]
ArchiveOption = Annotated[
    Path | None, typer.Option(help="A local file to read instead of downloading the published one.")
]
InteractionsOption = Annotated[
    Path | None,
    typer.Option(help="For 'files': who played what (CSV or Parquet: user_id, track_id, plays or kind, at)."),
]
TracksOption = Annotated[Path | None, typer.Option(help="For 'files': the catalogue (track_id, title, artists, ...).")]
PlaylistsOption = Annotated[Path | None, typer.Option(help="For 'files': playlists (playlist_id, track_id, ...).")]
ListenerOption = Annotated[
    str | None,
    typer.Option(
        help="For one person's own data: the name under which the rows are stored; use the same for every source."
    ),
]
MoreOptions = Annotated[
    list[str] | None, typer.Option("--option", "-o", metavar="NAME=VALUE", help="Any other option of the source.")
]


def source_options(
    *,
    archive: Path | None = None,
    interactions: Path | None = None,
    tracks: Path | None = None,
    playlists: Path | None = None,
    listener: str | None = None,
    more: list[str] | None = None,
) -> dict[str, Any]:
    """Return the options of a source as a person gave them; paths are made absolute.

    Raises:
        ConfigError: An option is not of the form NAME=VALUE.
    """
    paths = {"archive": archive, "interactions": interactions, "tracks": tracks, "playlists": playlists}
    options: dict[str, Any] = {name: str(path.resolve()) for name, path in paths.items() if path is not None}
    if listener is not None:
        options["listener"] = listener
    for text in more or ():
        name, sign, value = text.partition("=")
        if not sign:
            raise ConfigError(f"'{text}' has no '='", where="--option", remedy="Write it as NAME=VALUE, say size=tiny")
        options[name] = value
    return options


def with_input(source: str, given: Path | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with what stands after the source's name, under the option it means there.

    Raises:
        ConfigError: The same is said by an option.
    """
    if given is None:
        return options
    name = "interactions" if source == "files" else "archive"
    if name in options:
        raise ConfigError(
            "what to read is named twice", where=f"'{given}' and --{name}", remedy="Leave one of the two out"
        )
    return {name: str(given.resolve()), **options}
