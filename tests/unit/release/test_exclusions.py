"""What people have judged or blocked is in no list of theirs, and in those of others as ever."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.data.feedback import Reactions
from pipelines.recommenders.rerank import Filters, Wishes
from pipelines.release.batch_listeners import BatchListeners
from pipelines.release.exclusions import NO_EXCLUSIONS, Exclusions
from pipelines.release.ranking_many import rank_many
from pipelines.release.shards import BatchRun, finish, write_shard
from tests.support.tiny_world import PLAYS, TRACKS, write_tiny_bundle

ids = st.sampled_from([track[0] for track in TRACKS] + ["lastfm:joga", "nowhere"])
artists = st.sampled_from(["Björk", "MASSIVE attack", "Nobody"])
said = st.dictionaries(
    st.sampled_from([*PLAYS, "a stranger"]),
    st.builds(
        Reactions,
        likes=st.lists(ids, max_size=2, unique=True).map(tuple),
        blocked_tracks=st.lists(ids, max_size=3, unique=True).map(tuple),
        blocked_artists=st.lists(artists, max_size=2, unique=True).map(tuple),
    ),
)


@pytest.fixture(scope="module", params=["slim", "popularity", "als"])
def bundle(request, tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles"), request.param)


@given(said, st.integers(1, 6))
@settings(deadline=None, max_examples=30)
def test_lists_made_together_are_those_of_the_service_with_the_same_wishes(bundle, told, k):
    everybody = BatchListeners.of_bundle(bundle)
    lists = rank_many(bundle, everybody.histories, k, Exclusions.of(told.items()).matrix(bundle, everybody.ids))
    for row, user in enumerate(PLAYS):
        theirs = told.get(user, Reactions())
        expected = bundle.recommend(
            [bundle.known_history(user)],
            k,
            exclude=[theirs.tracks],
            wishes=Wishes(Filters(artists=theirs.blocked_artists)),
        )[0]
        found = [bundle.tracks[track] for track in lists.indices[row].tolist() if track >= 0]
        assert found == [each.track_id for each in expected]


def test_what_is_barred_is_told_apart_by_listener():
    one = Exclusions.of([("u1", Reactions(blocked_tracks=("t1",)))])
    assert one.digest(pa.array(["u2", "u3"])) == ""
    assert one.digest(pa.array(["u1"])) == one.digest(pa.array(["u2", "u1"])) != ""
    other = Exclusions.of([("u1", Reactions(blocked_artists=("t1",)))])
    assert other.digest(pa.array(["u1"])) != one.digest(pa.array(["u1"]))


def rows(run):
    tables = [pq.read_table(path) for path in sorted(run.folder.glob("*.parquet"))]
    return {row["user_id"]: row["track_id"] for row in pa.concat_tables(tables).to_pylist()}


def make(run, bundle, everybody):
    todo = run.begin(everybody)
    assert not (todo and run.manifest.exists()), "a run that is made anew is none that is finished"
    for shard in todo:
        write_shard(run, shard, bundle, everybody, lambda ids: ids.is_null().to_numpy(zero_copy_only=False))
    finish(run, {})
    return todo


def test_only_the_shard_of_whoever_blocked_something_is_made_anew_and_back_when_it_is_undone(tmp_path):
    bundle = write_tiny_bundle(tmp_path)
    everybody = BatchListeners.of_bundle(bundle)
    run = BatchRun.of(tmp_path / "lists", bundle, everybody, 2, 5)
    assert make(run, bundle, everybody) == [0, 1, 2, 3, 4]
    before = rows(run)
    first = before["u2"][0]
    blocked = replace(everybody, exclusions=Exclusions.of([("u2", Reactions(blocked_tracks=(first,)))]))
    assert make(run, bundle, blocked) == [1]
    after = rows(run)
    assert first not in after["u2"]
    assert {user: tracks for user, tracks in after.items() if user != "u2"} == {
        user: tracks for user, tracks in before.items() if user != "u2"
    }
    assert make(run, bundle, blocked) == []
    assert make(run, bundle, replace(everybody, exclusions=NO_EXCLUSIONS)) == [1]
    assert rows(run) == before
