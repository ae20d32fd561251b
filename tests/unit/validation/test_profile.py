"""What is kept of a batch when its rows are gone."""

from __future__ import annotations

import json

import pytest

from pipelines.data import columns as c
from pipelines.data.tables import InteractionTable
from tests.support.dirty_tables import good_interactions, interaction, playlist_row, tables, track
from tests.support.profiles import profile_batch
from validation.profile import Profile, profile_rows


def test_rows_and_missing_values_are_counted_by_column():
    found = profile_rows(InteractionTable, tables([interaction(), interaction(at=None)]).interactions.data)
    assert found.rows == {"interactions": 2}
    assert found.missing == {"interactions.at": 1, "interactions.value": 0, "interactions.consent": 2}


def test_a_batch_is_profiled_by_what_passed_and_looked_up_as_read():
    given = tables([interaction(), interaction(track_id="stranger"), interaction()], playlists=[playlist_row()])
    kept = tables([interaction()], playlists=[playlist_row()])
    found = profile_batch(given, kept)
    assert found.rows == {"interactions": 1, "tracks": 12, "playlists": 1}
    assert (found.looked_up, found.unknown_tracks) == (3, 1)


def test_figures_of_parts_stand_in_the_same_order_every_time():
    one, other = ({f"{part}-{number}": 1 for number in range(5)} for part in ("first", "second"))
    both = Profile(rows=one, missing=other) + Profile(rows=other, missing=one)
    assert [*both.rows, *both.missing] == [*one, *other, *other, *one]


def test_the_profiles_of_parts_add_up_to_that_of_all():
    parts = [good_interactions()[:10], good_interactions()[10:], [interaction(kind=c.LIKE, at=None)]]
    whole, one, two, three = (
        profile_rows(InteractionTable, tables(rows).interactions.data)
        for rows in ([row for part in parts for row in part], *parts)
    )
    assert (one + two + three).to_json() == (three + one + two).to_json() == whole.to_json()


def test_nobody_can_be_told_from_what_is_stored():
    rows = [interaction(user_id="secret", track_id="song")]
    kept = tables(rows, [track(track_id="song", title="a title")])
    assert not {"secret", "song", "title"} & set(json.dumps(profile_batch(kept, kept).to_json()).split('"'))


def test_what_was_stored_reads_back():
    profile = profile_batch(tables(), tables())
    assert Profile.from_json(json.loads(json.dumps(profile.to_json()))).to_json() == profile.to_json()


@pytest.mark.parametrize(("name", "counts"), [("mood", [1]), ("kind", [1, 2])])
def test_distributions_of_another_release_are_refused(name, counts):
    raw = Profile().to_json() | {"counts": {name: counts}}
    with pytest.raises((KeyError, ValueError), match=name):
        Profile.from_json(raw)
