"""Every column name, spelled once, and the Arrow schemas of the three tables."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

USER_ID: Final = "user_id"
TRACK_ID: Final = "track_id"
AT: Final = "at"
KIND: Final = "kind"
VALUE: Final = "value"
SOURCE: Final = "source"
CONSENT: Final = "consent"

TITLE: Final = "title"
ARTISTS: Final = "artists"
ALBUM: Final = "album"
ISRC: Final = "isrc"
DURATION_MS: Final = "duration_ms"
EXPLICIT: Final = "explicit"
RELEASE_DATE: Final = "release_date"
RELEASE_PRECISION: Final = "release_date_precision"
GENRES: Final = "genres"
TAGS: Final = "tags"
TAG_WEIGHTS: Final = "tag_weights"

DANCEABILITY: Final = "danceability"
ENERGY: Final = "energy"
LOUDNESS: Final = "loudness"
SPEECHINESS: Final = "speechiness"
ACOUSTICNESS: Final = "acousticness"
INSTRUMENTALNESS: Final = "instrumentalness"
LIVENESS: Final = "liveness"
VALENCE: Final = "valence"
TEMPO: Final = "tempo"
KEY: Final = "key"
MODE: Final = "mode"
TIME_SIGNATURE: Final = "time_signature"

PLAYLIST_ID: Final = "playlist_id"
OWNER: Final = "owner"
NAME: Final = "name"
POSITION: Final = "position"
ADDED_AT: Final = "added_at"

RANK: Final = "rank"
SCORE: Final = "score"
WEIGHT: Final = "weight"
PLAYS: Final = "plays"
#: In the batches of a source: where in its input a row stands that cannot be used. No table has it.
LINE: Final = "line"

#: The nine continuous audio features, by Spotify's names.
AUDIO_FEATURES: Final = (
    DANCEABILITY,
    ENERGY,
    LOUDNESS,
    SPEECHINESS,
    ACOUSTICNESS,
    INSTRUMENTALNESS,
    LIVENESS,
    VALENCE,
    TEMPO,
)

PLAY: Final = "play"  # one play with its time; value: milliseconds played, may be null
PLAY_COUNT: Final = "play_count"  # a total without times; value: number of plays
LIKE: Final = "like"
DISLIKE: Final = "dislike"
SKIP: Final = "skip"
SAVE: Final = "save"
PLAYLIST_ADD: Final = "playlist_add"
RATING: Final = "rating"  # value: the rating on the 1 to 5 scale

#: What a row of the interaction table can say.
KINDS: Final = (PLAY, PLAY_COUNT, LIKE, DISLIKE, SKIP, SAVE, PLAYLIST_ADD, RATING)

_TIME = pa.timestamp("us", tz="UTC")

INTERACTION_SCHEMA: Final = pa.schema(
    [
        pa.field(USER_ID, pa.string(), nullable=False),
        pa.field(TRACK_ID, pa.string(), nullable=False),
        pa.field(AT, _TIME),
        pa.field(KIND, pa.string(), nullable=False),
        pa.field(VALUE, pa.float64()),
        pa.field(SOURCE, pa.string(), nullable=False),
        pa.field(CONSENT, pa.string()),
    ]
)

TRACK_SCHEMA: Final = pa.schema(
    [
        pa.field(TRACK_ID, pa.string(), nullable=False),
        pa.field(TITLE, pa.string()),
        pa.field(ARTISTS, pa.list_(pa.string())),
        pa.field(ALBUM, pa.string()),
        pa.field(ISRC, pa.string()),
        pa.field(DURATION_MS, pa.int64()),
        pa.field(EXPLICIT, pa.bool_()),
        pa.field(RELEASE_DATE, pa.string()),
        pa.field(RELEASE_PRECISION, pa.string()),
        pa.field(GENRES, pa.list_(pa.string())),
        pa.field(TAGS, pa.list_(pa.string())),
        pa.field(TAG_WEIGHTS, pa.list_(pa.float32())),
        *(pa.field(name, pa.float32()) for name in AUDIO_FEATURES),
        pa.field(KEY, pa.int8()),
        pa.field(MODE, pa.int8()),
        pa.field(TIME_SIGNATURE, pa.int8()),
        pa.field(SOURCE, pa.string(), nullable=False),
    ]
)

PLAYLIST_SCHEMA: Final = pa.schema(
    [
        pa.field(PLAYLIST_ID, pa.string(), nullable=False),
        pa.field(OWNER, pa.string()),
        pa.field(NAME, pa.string()),
        pa.field(POSITION, pa.int32()),
        pa.field(TRACK_ID, pa.string(), nullable=False),
        pa.field(ADDED_AT, _TIME),
        pa.field(SOURCE, pa.string(), nullable=False),
    ]
)
