"""The synthetic world as a source: what was planted can be found again."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import scipy.sparse as sp

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.data.vocabulary import Vocabulary
from pipelines.errors import ConfigError
from pipelines.sources.synthetic import Synthetic, SyntheticOptions

HEARD = pa.array([c.PLAY, c.SKIP])


@pytest.fixture(scope="module")
def world():
    return Synthetic(SyntheticOptions(size="small", seed=3))


@pytest.fixture(scope="module")
def truth(world):
    return world.truth()


@pytest.fixture(scope="module")
def cleaned(world):
    return clean(world)


@pytest.fixture(scope="module")
def interactions(cleaned):
    """The good interactions."""
    rows = cleaned.tables.interactions.data
    known = pc.is_in(rows[c.TRACK_ID], value_set=cleaned.tables.tracks.data[c.TRACK_ID].combine_chunks())
    today = pc.less(rows[c.AT], pa.scalar(4_102_444_800_000_000).cast(pa.int64()).cast(rows.schema.field(c.AT).type))
    good = pc.and_(known, pc.and_(today, pc.or_kleene(pc.is_null(rows[c.VALUE]), pc.greater_equal(rows[c.VALUE], 0.0))))
    return rows.filter(good).to_pandas()


@pytest.fixture(scope="module")
def histories(interactions, truth):
    """Plays as listeners x tracks."""
    plays = interactions[interactions[c.KIND] == c.PLAY]
    rows = Vocabulary.of(truth.listeners).indices(plays[c.USER_ID].to_numpy(dtype=object))
    columns = Vocabulary.of(truth.tracks).indices(plays[c.TRACK_ID].to_numpy(dtype=object))
    shape = (len(truth.listeners), len(truth.tracks))
    return sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def test_cleaning_and_the_rows_it_leaves_show_exactly_the_planted_faults(cleaned, truth):
    counts = cleaned.counts["interactions"]
    rows = cleaned.tables.interactions.to_pandas()
    found = {
        "negative play time": (rows[c.VALUE] < 0).sum(),
        "time in the future": (rows[c.AT].dt.year > 2026).sum(),
        "unknown track": (~rows[c.TRACK_ID].isin(truth.tracks)).sum(),
        "missing listener": counts.rejected["missing user_id"],
        "unknown kind": counts.rejected["unknown kind"],
        "the same event twice": counts.merged["the same event"],
    }
    assert found == truth.faults
    assert min(found.values()) > 0
    assert counts.kept > 100_000


def test_some_cold_tracks_carry_impossible_values(cleaned, truth):
    tracks = cleaned.tables.tracks.to_pandas()
    bad = (tracks[c.TEMPO] == 0) | (tracks[c.LOUDNESS] > 0) | (tracks[c.DURATION_MS] < 0)
    assert bad.sum() == 3
    assert truth.cold[bad.to_numpy()].all()


def test_without_dirt_there_is_nothing_to_clean():
    cleaned = clean(Synthetic(SyntheticOptions(size="tiny", dirt=0.0)))
    for counts in cleaned.counts.values():
        assert (counts.read, counts.rejected, counts.merged, counts.emptied) == (counts.kept, {}, {}, {})
    rows, tracks = cleaned.tables.interactions.to_pandas(), cleaned.tables.tracks.to_pandas()
    assert rows[c.TRACK_ID].isin(tracks[c.TRACK_ID]).all()
    assert cleaned.tables.playlists.to_pandas()[c.TRACK_ID].isin(tracks[c.TRACK_ID]).all()
    assert not (rows[c.VALUE] < 0).any()


def test_more_dirt_is_more_bad_rows():
    faults = Synthetic(SyntheticOptions(size="tiny", dirt=0.3)).truth().faults
    rows = sum(batch.num_rows for batch in Synthetic(SyntheticOptions(size="tiny", dirt=0.0)).interactions())
    assert sum(faults.values()) == pytest.approx(0.3 * rows, abs=6)


def test_every_kind_but_totals_occurs(interactions):
    assert set(interactions[c.KIND]) == set(c.KINDS) - {c.PLAY_COUNT}


def test_ratings_are_whole_stars_and_not_all_the_same(interactions):
    stars = interactions.loc[interactions[c.KIND] == c.RATING, c.VALUE]
    assert set(stars) == {1.0, 2.0, 3.0, 4.0, 5.0}


def test_favourite_scenes_are_rated_higher(interactions, truth):
    rated = interactions[interactions[c.KIND] == c.RATING]
    likes = truth.tastes_before + truth.tastes_after > 0
    listener = Vocabulary.of(truth.listeners).indices(rated[c.USER_ID].to_numpy(dtype=object))
    track = Vocabulary.of(truth.tracks).indices(rated[c.TRACK_ID].to_numpy(dtype=object))
    known = likes[listener, truth.scene[track]]
    assert rated[c.VALUE][known].mean() > rated[c.VALUE][~known].mean() + 1.0


def test_the_head_is_heavy_and_the_tail_is_long(histories):
    plays = np.sort(histories.sum(axis=0))[::-1]
    assert 0.35 < plays[: len(plays) // 10].sum() / plays.sum() < 0.65
    assert (plays[plays > 0] < 20).mean() > 0.3


def test_cold_tracks_are_in_the_catalogue_and_hardly_played(histories, truth):
    plays = histories.sum(axis=0)
    assert 0.03 < truth.cold.mean() < 0.05
    assert plays[truth.cold].mean() < 0.1 * plays[~truth.cold].mean()
    assert (plays[truth.cold] == 0).mean() > 0.4


def test_listening_follows_the_first_taste_at_first_and_the_second_at_last(interactions, truth):
    plays = interactions[interactions[c.KIND] == c.PLAY].sort_values(c.AT)
    listener = Vocabulary.of(truth.listeners).indices(plays[c.USER_ID].to_numpy(dtype=object))
    scene = truth.scene[Vocabulary.of(truth.tracks).indices(plays[c.TRACK_ID].to_numpy(dtype=object))]
    first, second = truth.tastes_before[listener, scene], truth.tastes_after[listener, scene]
    quarter = len(plays) // 4
    assert first[:quarter].mean() > 1.2 * second[:quarter].mean()
    # Less clearly so, because old favourites are still repeated.
    assert second[-quarter:].mean() > 1.05 * first[-quarter:].mean()


def test_affinity_is_a_distribution_over_tracks_and_tells_what_is_played(histories, truth):
    affinity = truth.affinity()
    assert affinity.sum(axis=1) == pytest.approx(1.0)
    played = histories.toarray() > 0
    assert affinity[played].mean() > 10 * affinity[~played].mean()


def hit_rate(scores, given, held_out, k=20):
    """Return the share of held-out entries among the k best-scored tracks that were not given."""
    scores = np.where(given.toarray() > 0, -np.inf, scores)
    best = np.argpartition(-scores, k, axis=1)[:, :k]
    return np.take_along_axis(held_out.toarray() > 0, best, axis=1).sum() / held_out.nnz


@pytest.fixture(scope="module")
def task(histories):
    """Histories of half of the listeners to learn from, and of the others four fifths to be told and one to find."""
    rng = np.random.default_rng(0)
    known = sp.csr_array((histories > 0).astype(float))
    learn, ask = known[: known.shape[0] // 2], known[known.shape[0] // 2 :].tocoo()
    shown = rng.random(ask.nnz) < 0.8
    given, held_out = (
        sp.csr_array((ask.data[part], (ask.row[part], ask.col[part])), shape=ask.shape) for part in (shown, ~shown)
    )
    return learn, given, held_out


def cosine(features):
    """Return track x track cosines of track x feature rows, without the diagonal."""
    lengths = np.sqrt(features.multiply(features).sum(axis=1))
    unit = sp.csr_array(features.multiply(1.0 / np.maximum(lengths, 1e-9)[:, None]))
    similar = (unit @ unit.T).toarray()
    np.fill_diagonal(similar, 0.0)
    return similar


def test_listening_teaches_more_than_popularity_and_artists_add_to_it(task, truth):
    learn, given, held_out = task
    popularity = hit_rate(np.tile(learn.sum(axis=0), (given.shape[0], 1)), given, held_out)
    listened = cosine(sp.csr_array(learn.T))
    artists = cosine(
        sp.csr_array(sp.coo_array((np.ones(len(truth.artist)), (np.arange(len(truth.artist)), truth.artist))))
    )
    neighbours = hit_rate(given @ listened, given, held_out)
    both = hit_rate(given @ (listened + 0.1 * artists), given, held_out)
    assert neighbours > 2 * popularity
    assert both > 1.05 * neighbours


def test_titles_codes_and_dates_are_those_of_real_catalogues(cleaned):
    tracks = cleaned.tables.tracks.to_pandas()
    assert tracks[c.TITLE].is_unique
    assert tracks[c.ISRC].is_unique
    assert tracks[c.ISRC].str.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}").all()
    assert tracks[c.RELEASE_DATE].str[:4].astype(int).between(1955, 2026).all()
    assert set(tracks[c.RELEASE_PRECISION]) == {"day", "year"}
    assert (tracks[c.ARTISTS].str.len() == 2).any()


def test_tags_tell_the_genre_mostly_and_weigh_more_the_more_they_tell(cleaned):
    tracks = cleaned.tables.tracks.to_pandas()
    tagged = tracks[tracks[c.TAGS].notna()]
    assert 0.08 < 1 - len(tagged) / len(tracks) < 0.2
    genre = [row[c.GENRES][0] in row[c.TAGS] for _, row in tagged.iterrows()]
    assert 0.7 < np.mean(genre) < 0.95
    assert all((np.diff(weights) <= 0).all() for weights in tagged[c.TAG_WEIGHTS])


def test_playlists_are_about_a_scene_and_numbered_from_one(cleaned, truth):
    entries = cleaned.tables.playlists.to_pandas()
    scene = truth.scene[Vocabulary.of(truth.tracks).indices(entries[c.TRACK_ID].to_numpy(dtype=object))]
    for _, playlist in entries.assign(scene=scene).groupby(c.PLAYLIST_ID):
        assert playlist["scene"].nunique() == 1
        assert playlist[c.POSITION].tolist() == list(range(1, len(playlist) + 1))
        assert playlist[c.TRACK_ID].is_unique


def test_the_provenance_tells_how_to_make_the_world_again():
    provenance = Synthetic(SyntheticOptions(size="tiny", seed=5, dirt=0.0)).provenance()
    assert provenance.origin == "synthetic world, size tiny, seed 5, dirt 0.0"


def test_an_archive_is_refused_rather_than_ignored(tmp_path):
    with pytest.raises(ConfigError, match="made, not read"):
        Synthetic(SyntheticOptions(archive=tmp_path))


@pytest.mark.parametrize(
    "wrong", [{"size": "huge"}, {"seed": -1}, {"dirt": 2.0}, {"batch_rows": 0}, {"colour": "blue"}]
)
def test_impossible_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SyntheticOptions(**wrong)


@pytest.mark.slow
def test_the_largest_world_is_streamed_in_batches():
    world = Synthetic(SyntheticOptions(size="100m", batch_rows=10_000))
    batches = world.interactions()
    assert [next(batches).num_rows for _ in range(3)] == [10_000] * 3
