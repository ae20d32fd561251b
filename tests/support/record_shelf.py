"""A shelf of invented records: 36 tracks of three genres with sound, years and ids of Spotify's, and its listeners.

Small enough to know by heart, large enough for dials, filters and playlists to have something to choose from.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.entities import Matches
from pipelines.data.entities.evidence import MATCH_SCHEMA
from pipelines.data.tables import TrackCatalogue
from pipelines.data.vocabulary import Vocabulary
from pipelines.features.dataset import Dataset
from pipelines.recommenders import recommender_type
from pipelines.recommenders.base import TrainingData
from pipelines.release.bundle import ModelBundle, write_bundle

#: Genre -> artists with a word of their own, each with three tracks; the first artist of a genre is the most popular.
ARTISTS = {
    "ambient": {
        "Harbour Lights": "Glass",
        "Slow Meridian": "Silver",
        "The Paper Moths": "Hollow",
        "Ada Quill": "Distant",
    },
    "folk": {"Nora Wetherby": "Barley", "Tin Lantern": "Copper", "Ferry & Fern": "Winter", "Old Orchard": "Crooked"},
    "house": {"Night Tram": "Neon", "Juno Park": "Velvet", "Disco Atlas": "Electric", "DJ Marmalade": "Golden"},
}
SONGS = ["Morning", "Garden", "Bridge"]
#: Genre -> energy, acousticness, danceability, tempo: far apart, so that an aim at one finds it.
SOUND = {"ambient": (0.1, 0.7, 0.2, 70.0), "folk": (0.4, 0.95, 0.4, 100.0), "house": (0.9, 0.05, 0.95, 124.0)}
DECADES = {"ambient": 1990, "folk": 1970, "house": 2010}

#: A title that would run if it were ever taken for markup.
SCRIPT = '<img src="x" onerror="window.hacked = true">'

LISTENERS = 30


def shelf_tracks() -> list[dict[str, object]]:
    """Return the tracks, in the order of their ids; of every artist the last one is not known to Spotify."""
    tracks: list[dict[str, object]] = []
    for genre, artists in ARTISTS.items():
        for number, (artist, word) in enumerate(artists.items()):
            for place, song in enumerate(SONGS):
                at = len(tracks)
                energy, acousticness, danceability, tempo = SOUND[genre]
                spotify = f"spotify:track:{at:022d}"
                tracks.append({
                    c.TRACK_ID: f"shelf:{at:02d}" if place == 2 else spotify,
                    c.TITLE: SCRIPT if at == 35 else f"{word} {song}",
                    c.ARTISTS: [artist],
                    c.ALBUM: f"{artist} at Home",
                    c.RELEASE_DATE: str(DECADES[genre] + number),
                    c.DURATION_MS: 180_000 + 1_000 * at,
                    c.EXPLICIT: genre == "house" and place == 0,
                    c.GENRES: [genre],
                    c.ENERGY: energy,
                    c.ACOUSTICNESS: acousticness,
                    c.DANCEABILITY: danceability,
                    c.TEMPO: tempo,
                    c.SOURCE: "shelf",
                })  # fmt: skip
    return sorted(tracks, key=lambda track: str(track[c.TRACK_ID]))


def write_shelf_bundle(folder: Path, neighbours: int = 20) -> ModelBundle:
    """Fit SLIM-ridge on the shelf's listeners and write its bundle under ``folder``."""
    tracks = shelf_tracks()
    catalogue = TrackCatalogue(pa.Table.from_pylist(tracks, schema=c.TRACK_SCHEMA))
    histories = sp.csr_array(_plays(tracks))
    dataset = Dataset(
        snapshot_id="shelf",
        users=Vocabulary.of(f"listener-{number:02d}" for number in range(LISTENERS)),
        tracks=Vocabulary.of(str(track[c.TRACK_ID]) for track in tracks),
        histories=histories,
        ratings=histories,
        items={},
        catalogue=catalogue,
        left_out={},
        matches=Matches(MATCH_SCHEMA.empty_table()),
    )
    kind = recommender_type("slim")
    model = kind(kind.config_type(neighbours=neighbours, reg=1.0)).fit(TrainingData(histories, {}))
    lineage = {"snapshot_id": "shelf", "sources": ["shelf"], "feedback_until": "2026-01-02T03:04:05+00:00"}
    estimates = {"ndcg@10": 0.25, "hit_rate@10": 0.8, "precision@10": 0.21}
    metrics = {
        name: {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": LISTENERS}
        for name, mean in estimates.items()
    }
    figures = {"protocol": "unseen-users", "metrics": metrics, "summary": {"coverage@10": 0.5}}
    return write_bundle(folder, model, dataset, lineage=lineage, figures=figures)


def _plays(tracks: list[dict[str, object]]) -> np.ndarray:
    """Return listeners x tracks: ten listeners a genre, who play its first artists most and stray now and then."""
    random = np.random.default_rng(5)
    genres = list(ARTISTS)
    rank = {artist: place for artists in ARTISTS.values() for place, artist in enumerate(artists)}
    likely = np.array([[_chance(track, genre, rank) for track in tracks] for genre in genres])
    chance = likely[np.arange(LISTENERS) % len(genres)]
    return ((random.random(chance.shape) < chance) * random.integers(1, 9, chance.shape)).astype(np.float32)


def _chance(track: dict[str, object], genre: str, rank: dict[str, int]) -> float:
    artist = track[c.ARTISTS][0]  # type: ignore[index]
    at_home = track[c.GENRES] == [genre]
    return (0.75 if at_home else 0.08) * (1 - 0.15 * rank[artist])
