"""The real archives, where they are at hand: the published figures come out."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.sources.base import SourceOptions
from pipelines.sources.hetrec_lastfm import PUBLISHED, HetrecLastfm
from pipelines.sources.taste_profile import TasteProfile

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def hetrec(shared_data):
    return HetrecLastfm(SourceOptions(archive=shared_data / "hetrec2011-lastfm-2k.zip"))


@pytest.fixture(scope="module")
def taste_profile(shared_data):
    return TasteProfile(SourceOptions(archive=shared_data))


def five_core(interactions):
    """Return how many listeners, tracks and pairs are left when each listener and track has five or more."""
    pairs = interactions[[c.USER_ID, c.TRACK_ID]].drop_duplicates()
    while True:
        enough = (pairs.groupby(c.USER_ID)[c.TRACK_ID].transform("size") >= 5) & (
            pairs.groupby(c.TRACK_ID)[c.USER_ID].transform("size") >= 5
        )
        if enough.all():
            return pairs[c.USER_ID].nunique(), pairs[c.TRACK_ID].nunique(), len(pairs)
        pairs = pairs[enough]


def test_hetrec_has_the_published_rows(hetrec):
    cleaned = clean(hetrec)
    rows = cleaned.tables.interactions.to_pandas()
    assert (len(rows), rows[c.USER_ID].nunique(), rows[c.TRACK_ID].nunique()) == (92_834, 1_892, 17_632)
    assert len(cleaned.tables.tracks) == 17_632
    assert cleaned.rejected.num_rows == 0
    assert five_core(rows) == (1_859, 2_823, 71_355)


def test_the_archive_beside_the_checkout_is_the_published_one(hetrec):
    assert hetrec.provenance().checksum == PUBLISHED.sha256


def test_hetrec_tags_are_all_there(hetrec):
    events = list(hetrec.tag_events())
    assert sum(batch.num_rows for batch in events) == 186_479
    assert all(batch["tag"].null_count == batch["at"].null_count == 0 for batch in events)
    tracks = clean(hetrec).tables.tracks.data
    madonna = tracks.filter(pc.equal(tracks[c.TITLE], "Madonna")).to_pylist()[0]
    assert madonna[c.TAGS][0] == "pop"
    # 1,538 of the tag events are about artists the catalogue does not have.
    known = sum(
        pc.sum(pc.is_in(batch[c.TRACK_ID], value_set=tracks[c.TRACK_ID].combine_chunks())).as_py() for batch in events
    )
    assert sum(sum(weights) for weights in tracks[c.TAG_WEIGHTS].to_pylist() if weights) == known == 186_479 - 1_538


def test_hetrec_audio_features_are_joined_where_given(hetrec):
    tracks = clean(hetrec).tables.tracks.data
    assert len(tracks) - tracks[c.TEMPO].null_count == 4_725
    assert tracks[c.KEY].null_count == len(tracks)


def test_the_taste_profile_has_its_rows(taste_profile):
    cleaned = clean(taste_profile)
    rows = cleaned.tables.interactions.to_pandas()
    assert (len(rows), rows[c.USER_ID].nunique(), len(cleaned.tables.tracks)) == (15_061, 1_223, 2_491)
    assert rows[c.TRACK_ID].isin(cleaned.tables.tracks.data[c.TRACK_ID].to_pylist()).all()
    assert cleaned.rejected.num_rows == 0
    assert five_core(rows) == (672, 861, 9_979)
