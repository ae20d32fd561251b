import pyarrow as pa
import pytest

from pipelines.data import columns as c
from pipelines.data.tables import TrackCatalogue
from pipelines.recommenders.base import SimilarTracks
from serving.tastes import find_tastes
from tests.support.tiny_world import tiny_catalogue, write_tiny_bundle


def with_column(name, values):
    table = tiny_catalogue().data
    place = table.column_names.index(name)
    return TrackCatalogue(table.set_column(place, name, pa.array(values, type=table.schema.field(name).type)))


@pytest.fixture
def without_genres():
    return with_column(c.GENRES, [None] * 6)


def test_a_taste_is_the_popular_tracks_of_a_genre_and_the_genre_with_most_listeners_comes_first(engine):
    # electronic: t1 (4 listeners), t2 (3), t3 (2); trip hop: t4 (3), t5 (2)
    assert find_tastes(engine.bundle) == [("electronic", [0, 1, 2]), ("trip hop", [3, 4])]


def test_tags_stand_in_for_missing_genres(tmp_path):
    table = with_column(c.GENRES, [None] * 6).data
    tags = pa.array([["ice"], ["ice", "x"], ["x"], ["fire"], ["fire"], None], type=pa.list_(pa.string()))
    catalogue = TrackCatalogue(table.set_column(table.column_names.index(c.TAGS), c.TAGS, tags))
    assert find_tastes(write_tiny_bundle(tmp_path, catalogue=catalogue)) == [("ice", [0, 1]), ("fire", [3, 4])]


def test_without_genres_a_taste_is_a_popular_track_and_the_ones_like_it(tmp_path, without_genres):
    bundle = write_tiny_bundle(tmp_path, "item-knn", without_genres)
    tastes = find_tastes(bundle)
    name, (first, *others) = tastes[0]
    everything = [index for _, indices in tastes for index in indices]
    assert isinstance(bundle.recommender, SimilarTracks)
    near = bundle.recommender.similar(0, 3).indices[0].tolist()
    assert (name, first) == ("Like Björk", 0)
    assert others == near
    assert len(everything) == len(set(everything))


def test_a_model_that_knows_neither_offers_no_tastes(tmp_path, without_genres):
    assert find_tastes(write_tiny_bundle(tmp_path, "popularity", without_genres)) == []


def test_the_engine_shows_a_tastes_tracks_in_order(engine):
    assert [[track.title for track in taste.tracks] for taste in engine.tastes] == [
        ["Jóga", "Hyperballad", "Army of Me"],
        ["Teardrop", "Massive Attack"],
    ]
