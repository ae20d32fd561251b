"""A person's own listening: what they bring along, their taste profile, and playlists to take away."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.common import NO_NUL, Answer, ListenerRequest, Request, TrackId
from serving.schemas.feedback import ListenerId

MAX_PLAYLIST = 1_000

PlaylistName = Annotated[str, Field(min_length=1, max_length=100, description="The playlist's name.")]
PlaylistTracks = Annotated[list[TrackId], Field(min_length=1, max_length=MAX_PLAYLIST, description="In order.")]


class ConsentAnswer(Answer):
    """What a person agrees to before they bring their own data."""

    version: str = Field(description="To be sent with the file: /v1/import?consent=VERSION.")
    text: str


class ImportStarted(Answer):
    """A file that is being read."""

    import_id: str = Field(description="To ask /v1/import/status with.")


class ImportStatusRequest(Request):
    """Which import."""

    model_config = ConfigDict(json_schema_extra={"example": {"import_id": "0123456789abcdef0123456789abcdef"}})

    import_id: str = Field(min_length=1, max_length=64, pattern=NO_NUL, description="What /v1/import answered.")
    user_id: ListenerId | None = Field(default=None, description="Whose; for keys with scope 'listen'.")


class ImportSummary(BaseModel):
    """What became of a file; the sums add up."""

    source: str = Field(description="Which kind of file it was.")
    read: int = Field(description="Entries in the file: 'kept' and all of 'left_out'.")
    kept: int = Field(description="New entries: 'matched' and 'unmatched'.")
    left_out: dict[str, int] = Field(description="Entries that are not kept, by reason, the most frequent first.")
    matched: int = Field(description="Kept entries about tracks of the catalogue.")
    unmatched: int
    tracks: int = Field(description="Different tracks of the kept entries: 'matched_tracks' and 'unmatched_tracks'.")
    matched_tracks: int
    unmatched_tracks: int


class ImportProblem(BaseModel):
    """Why a file could not be read, and what to do about it."""

    what: str
    remedy: str


class ImportStatusAnswer(Answer):
    """How far an import has come."""

    state: Literal["reading", "done", "failed"]
    progress: float = Field(ge=0, le=1)
    summary: ImportSummary | None = Field(default=None, description="Once it is done.")
    problem: ImportProblem | None = Field(default=None, description="Where it failed.")


class ProfileRequest(ListenerRequest):
    """A history, or whoever asks."""

    model_config = ConfigDict(json_schema_extra={"example": {"history": {"hetrec-lastfm:89": 12}}})


class KnownMean(BaseModel):
    """A mean over the plays of tracks of which something is known."""

    mean: float | None = Field(description="null where it is known of no track.")
    coverage: float = Field(ge=0, le=1, description="The share of plays it speaks for.")


class Part(BaseModel):
    """One of the things plays are divided into."""

    name: str
    plays: float
    share: float = Field(ge=0, le=1, description="Of the plays of which this is known.")


class Era(BaseModel):
    """A decade of release."""

    decade: str
    plays: float
    share: float = Field(ge=0, le=1)


class FavouriteTrack(BaseModel):
    """A track and how often it was played."""

    track_id: str
    title: str
    artists: list[str]
    plays: float


class YearReview(BaseModel):
    """A year in review, by the calendar of UTC."""

    year: int
    plays: float
    ms: int | None = Field(description="Milliseconds listened; null where no source tells.")
    top_artists: list[Part]
    top_tracks: list[FavouriteTrack]


class ProfileAnswer(Answer):
    """What a listener's plays say about them."""

    plays: float
    tracks: int
    artists: int
    radar: dict[str, KnownMean] = Field(description="Audio features between 0 and 1, and the tempo in beats a minute.")
    top_artists: list[Part]
    eras: list[Era]
    genres: list[Part]
    years: list[YearReview] = Field(description="The latest first.")
    likes: int
    skips: int
    blocks: int


class PlaylistRequest(Request):
    """A playlist to take away."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Monday", "track_ids": ["hetrec-lastfm:89"], "format": "jspf"}}
    )

    name: PlaylistName
    track_ids: PlaylistTracks
    format: Literal["jspf", "csv"] = Field(default="jspf", description="JSPF, or CSV as Exportify writes it.")


class PlaylistAnswer(Answer):
    """A file."""

    filename: str
    media_type: str
    content: str
    unknown_tracks: list[str] = Field(description="Ids in the request that the model does not know; left out.")


class SpotifyPlaylistRequest(Request):
    """A playlist to save to the listener's own Spotify account."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Monday", "track_ids": ["hetrec-lastfm:89"], "confirm": False}}
    )

    name: PlaylistName
    track_ids: PlaylistTracks
    confirm: bool = Field(default=False, description="False shows what would be saved; true saves it, privately.")


class SavedPlaylist(BaseModel):
    """A playlist on Spotify."""

    address: str
    tracks: int
    new: bool = Field(description="False where the same playlist was saved before.")


class SpotifyPlaylistAnswer(Answer):
    """What would be saved, or was."""

    logged_in: bool = Field(description="Whether the listener has logged in to Spotify and permitted saving.")
    login: str | None = Field(description="Where to log in, where that has to be done first; open it in the browser.")
    name: str
    tracks: list[str] = Field(description="The tracks Spotify has, by our ids, in order.")
    left_out: list[str] = Field(description="Tracks of which no id of Spotify's is known.")
    saved: SavedPlaylist | None = Field(default=None, description="null before it was confirmed.")
