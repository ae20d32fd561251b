"""Small archives in the published formats, and one example of every built-in source."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from pipelines.sources.base import PersonOptions, Source, SourceOptions
from pipelines.sources.files import Files, FilesOptions
from pipelines.sources.hetrec_lastfm import HetrecLastfm
from pipelines.sources.spotify_export import SpotifyExport
from pipelines.sources.synthetic import Synthetic, SyntheticOptions
from pipelines.sources.taste_profile import TasteProfile
from pipelines.testing.feedback import feedback_example
from pipelines.testing.listens import dump_example, export_example, playlists_example, scrobbles_example
from pipelines.testing.spotify_exports import write_export
from pipelines.testing.yambda import yambda_example

#: The files of the HetRec archive that are read, as lines of tab-separated values.
HETREC: Final[Mapping[str, str]] = {
    "user_artists.dat": "userID\tartistID\tweight\n2\t51\t13883\n2\t52\t10\n3\t52\t7\n",
    "artists.dat": 'id\tname\turl\tpictureURL\n51\tDuran Duran\tu\tp\n52\tThe "K" | Co\tu\tp\n53\tNobody\'s\tu\tp\n',
    "tags.dat": "tagID\ttagValue\n1\tmetal\n2\tfußball\n3\tnew wave\n",
    "user_taggedartists-timestamps.dat": (
        "userID\tartistID\ttagID\ttimestamp\n2\t52\t1\t1238536800000\n3\t52\t2\t1238536800000\n4\t52\t2\t-428720400000\n"
        "2\t51\t3\t1241128800000\n2\t51\t3\t1241215200000\n"
    ),
}

INTERACTIONS: Final = "user_id,track_id,plays\nann,t1,3\nann,t2,1\nbob,t1,2\n"
TRACKS: Final = "track_id,title,artists,genres\nt1,One,A|B,rock\nt2,Two,C,\n"
PLAYLISTS: Final = "playlist_id,owner,name,position,track_id\np1,ann,Mine,1,t1\np1,ann,Mine,2,t2\n"

TASTE_PROFILE_TRACKS: Final = (
    "sid,title,artist,src,duration_ms,danceability,energy,key,loudness,mode,speechiness,acousticness,instrumentalness,"
    "liveness,valence,tempo\n"
    "t1,One,A | B,x,200000,0.5,0.6,7,-5.5,1,0.03,0.1,0.0,0.2,0.3,120.5\n"
    "t2,Two,C,x,180000,0.7,0.4,0,-9.5,0,0.05,0.2,0.9,0.1,0.6,98.0\n"
)


def write_hetrec(path: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Write a HetRec archive with three artists; CRLF line ends and a latin-1 tag file, as published."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**HETREC, **(changes or {})}.items():
            encoding = "latin-1" if name == "tags.dat" else "utf-8"
            # ZipInfo: no time of writing, so the same content is the same file.
            content = text.replace("\n", "\r\n").encode(encoding)
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def write_taste_profile(folder: Path) -> Path:
    """Write the two files of a Taste Profile with two tracks."""
    for name, text in {"interactions": INTERACTIONS, "tracks": TASTE_PROFILE_TRACKS}.items():
        (folder / f"taste_profile_{name}.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    return folder


def write_tables(folder: Path) -> FilesOptions:
    """Write two listeners' interactions, two tracks and a playlist as CSV."""
    for name, text in {"interactions": INTERACTIONS, "tracks": TRACKS, "playlists": PLAYLISTS}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return FilesOptions(
        interactions=folder / "interactions.csv", tracks=folder / "tracks.csv", playlists=folder / "playlists.csv"
    )


def _spotify_api(folder: Path) -> Source:
    """Return the source on a local fake of the Web API, which is imported only here: it needs spotipy."""
    from pipelines.testing.spotify_login import example

    return example(folder)


#: For each built-in source, how to build one on a small, good input written to an empty folder.
EXAMPLES: Final[Mapping[str, Callable[[Path], Source]]] = {
    "synthetic": lambda _: Synthetic(SyntheticOptions(size="tiny")),
    "files": lambda folder: Files(write_tables(folder)),
    "hetrec-lastfm": lambda folder: HetrecLastfm(SourceOptions(archive=write_hetrec(folder / "hetrec.zip"))),
    "taste-profile": lambda folder: TasteProfile(SourceOptions(archive=write_taste_profile(folder))),
    "yambda": yambda_example,
    "listenbrainz": dump_example,
    "listenbrainz-export": export_example,
    "lastfm": scrobbles_example,
    "exportify": playlists_example,
    "spotify-export": lambda folder: SpotifyExport(PersonOptions(archive=write_export(folder / "export.zip").path)),
    "spotify-api": _spotify_api,
    "feedback": feedback_example,
}
