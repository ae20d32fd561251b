"""The parts of the synthetic world: names, catalogue, listeners, plays."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.sources.synthetic.catalogue import Shelves, make_catalogue
from pipelines.sources.synthetic.genres import GENRES, RANGES, SPREAD
from pipelines.sources.synthetic.labels import make_labels
from pipelines.sources.synthetic.listeners import make_listeners
from pipelines.sources.synthetic.listening import make_plays
from pipelines.sources.synthetic.names import ARTISTS, TITLES, pick_names
from pipelines.sources.synthetic.world import BLOCK_LISTENERS, END_US, SIZES, START_US, draw

SEED = 7
SMALL = SIZES["small"]


@pytest.fixture(scope="module")
def catalogue():
    return make_catalogue(SEED, SMALL)


@pytest.fixture(scope="module")
def listeners(catalogue):
    return make_listeners(SEED, SMALL, catalogue, 0)


@pytest.fixture(scope="module")
def plays(catalogue, listeners):
    return make_plays(SEED, catalogue, listeners, 0)


@pytest.mark.parametrize(("patterns", "count"), [(ARTISTS, 30_000), (TITLES, 30_000), (TITLES, 10)])
def test_no_name_is_given_twice(patterns, count):
    names = pick_names(patterns, count, np.random.default_rng(1))
    assert len(set(names)) == count


def test_names_can_be_used_up_and_no_further():
    patterns = ((["a", "b"], ["c", "d"]), (["e"],))
    names = pick_names(patterns, 5, np.random.default_rng(1))
    assert sorted(names) == ["a c", "a d", "b c", "b d", "e"]


def test_the_words_are_enough_for_the_largest_world():
    for patterns, wanted in ((TITLES, SIZES["100m"].tracks), (ARTISTS, SIZES["100m"].tracks // 10)):
        assert sum(np.prod([len(words) for words in pattern]) for pattern in patterns) > wanted


def test_every_genre_says_how_it_sounds():
    for genre in GENRES:
        assert len(genre.sound) == len(SPREAD) == len(RANGES) == 9
        assert all(low <= value <= high for value, (low, high) in zip(genre.sound, RANGES, strict=True))


def test_chances_fall_on_positions_by_their_weights():
    cumulative = np.cumsum([1.0, 0.0, 3.0])
    assert draw(cumulative, np.array([0.0, 0.2, 0.25, 0.999])).tolist() == [0, 0, 2, 2]


def test_a_shelf_gives_only_its_own_tracks_and_none_without_appeal():
    shelves = Shelves.of(np.array([1, 0, 1, 0]), 2, np.array([1.0, 2.0, 0.0, 2.0]))
    assert shelves.draw(np.array([0, 0, 1, 1]), np.array([0.0, 0.6, 0.0, 0.99])).tolist() == [1, 3, 0, 0]
    assert shelves.appeals().tolist() == [4.0, 1.0]


def test_the_track_that_bears_the_number_of_an_artist_or_scene_is_an_old_one_of_theirs(catalogue):
    for shelves, of_track in ((catalogue.scenes, catalogue.scene), (catalogue.artists, catalogue.artist)):
        numbers = np.arange(len(shelves))
        assert (of_track[numbers] == numbers).all()
        assert (catalogue.released[numbers] < START_US).all()
        assert (catalogue.appeal[numbers] > 0).all()


def test_tracks_stay_near_the_scene_of_their_artist(catalogue):
    home = catalogue.artist_scene[catalogue.artist]
    at_home = catalogue.scene == home
    assert 0.8 < at_home.mean() < 0.95
    away = ~at_home
    assert (catalogue.related[home[away], :2] == catalogue.scene[away, None]).any(axis=1).all()


def test_guests_come_from_the_same_scene_and_are_somebody_else(catalogue):
    has = catalogue.guest >= 0
    assert has.any()
    assert (catalogue.guest[has] != catalogue.artist[has]).all()
    assert (catalogue.artist_scene[catalogue.guest[has]] == catalogue.artist_scene[catalogue.artist[has]]).all()


def test_popularity_follows_zipfs_law(catalogue):
    ranked = np.sort(catalogue.appeal)[::-1]
    ranks = np.array([10, 100, 1000])
    slopes = np.diff(np.log(ranked[ranks - 1])) / np.diff(np.log(ranks))
    assert slopes == pytest.approx([-0.85, -0.85], abs=0.1)


def test_sound_keeps_to_its_ranges_and_some_is_missing(catalogue):
    low, high = np.array(RANGES).T
    known = ~np.isnan(catalogue.sound)
    assert (np.where(known, catalogue.sound, low) >= low).all()
    assert (np.where(known, catalogue.sound, high) <= high).all()
    assert 0.03 < (~known).all(axis=1).mean() < 0.10
    assert ((~known).any(axis=1) & known.any(axis=1)).any()


def test_tracks_of_a_scene_sound_alike(catalogue):
    energy = catalogue.sound[:, 1]
    known = ~np.isnan(energy)
    means = np.array([energy[known & (catalogue.scene == scene)].mean() for scene in range(len(catalogue.scenes))])
    within = (energy[known] - means[catalogue.scene[known]]).std()
    assert within < 0.75 * energy[known].std()


def test_scenes_have_names_of_their_own(catalogue):
    labels = make_labels(SEED, catalogue)
    assert len(set(labels.scenes)) == len(catalogue.scenes)
    assert all(name.endswith(style) for name, style in zip(labels.scenes, labels.styles, strict=True))


def test_an_album_has_one_main_artist_and_at_most_eight_tracks(catalogue):
    albums = make_labels(SEED, catalogue).albums
    for album in np.unique(albums.astype(str))[:50]:
        on_it = albums == album
        assert on_it.sum() <= 8
        assert len(set(catalogue.artist[on_it])) == 1


def test_a_taste_is_a_share_of_scenes_and_of_artists_in_them(catalogue, listeners):
    for taste in (listeners.before, listeners.after):
        by_scene = taste.over_scenes(len(catalogue.scenes))
        by_artist = taste.over_artists(len(catalogue.artists))
        assert by_scene.sum(axis=1) == pytest.approx(1.0)
        assert by_artist.sum(axis=1) == pytest.approx(1.0)
        assert (catalogue.artist_scene[taste.artists] == taste.scenes[:, :, None]).all()


def test_tastes_drift_but_keep_their_core(listeners):
    assert (listeners.before.scenes[:, :3] == listeners.after.scenes[:, :3]).all()
    changed = (listeners.before.scenes[:, 3:] != listeners.after.scenes[:, 3:]).any(axis=1)
    assert changed.mean() > 0.5


def test_the_last_block_is_as_long_as_it_has_to_be(catalogue):
    lengths = [len(make_listeners(SEED, SMALL, catalogue, block)) for block in (0, 1)]
    assert lengths == [BLOCK_LISTENERS, SMALL.listeners - BLOCK_LISTENERS]


def test_nobody_plays_a_track_before_it_is_out(catalogue, plays):
    assert (plays.at >= catalogue.released[plays.track]).all()


def test_plays_of_a_listener_follow_each_other_inside_the_two_years(listeners, plays):
    same = plays.listener[1:] == plays.listener[:-1]
    assert (np.diff(plays.at)[same] >= 1_000_000).all()
    assert (plays.at >= listeners.joined[plays.listener]).all()
    assert (plays.at >= START_US).all()
    assert (plays.at < END_US).all()


def test_plays_come_in_sessions(plays):
    same = plays.listener[1:] == plays.listener[:-1]
    pauses = np.diff(plays.at)[same] / 60e6
    assert 0.75 < (pauses < 15).mean() < 0.95
    assert np.median(pauses[pauses > 15]) > 24 * 60


def test_a_repeat_plays_what_the_same_listener_played_before(plays):
    seen = set()
    for listener, track, repeated in zip(plays.listener, plays.track, plays.repeated, strict=True):
        assert not repeated or (listener, track) in seen
        seen.add((listener, track))
    assert 0.3 < plays.repeated.mean() < 0.4


def test_what_is_strange_is_skipped_more(catalogue, listeners, plays):
    known = listeners.knows(plays.listener, catalogue.scene[plays.track])
    assert plays.skipped[~known].mean() > 3 * plays.skipped[known].mean()


def test_a_skip_is_short_and_nothing_lasts_longer_than_its_track(catalogue, plays):
    length = catalogue.duration_ms[plays.track]
    assert (plays.played_ms <= length).all()
    assert (plays.played_ms[plays.skipped] <= np.maximum(1_000, 0.35 * length[plays.skipped])).all()
