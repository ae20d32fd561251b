"""Laws of the gate, for any mixture of good and bad rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.data import columns as c
from pipelines.data.tables import Tables
from tests.support.dirty_tables import LISTENERS, NOW, TRACKS, interaction, playlist_row, tables, track
from validation.frames import interactions_frame, tracks_frame
from validation.gate import check
from validation.quarantine_lines import broken_rows
from validation.report import summarise
from validation.rules import GateRules

RULES = GateRules()
TIMES = st.sampled_from(
    [None, datetime(2025, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]
)
NUMBERS = st.sampled_from([None, -1.0, 0.0, 0.5, 1.0, 5.0, 251.0, 9e7, 1e300, np.nan, np.inf, -np.inf])
IDS = st.sampled_from([*TRACKS[:3], "stranger", " "])
INTERACTIONS = st.builds(
    interaction,
    user_id=st.sampled_from([*LISTENERS, "", " "]),
    track_id=IDS,
    at=TIMES,
    kind=st.sampled_from([*c.KINDS, "dance", ""]),
    value=NUMBERS,
)
CATALOGUES = st.lists(
    st.builds(
        track,
        track_id=IDS,
        title=st.sampled_from(["A", None, " "]),
        artists=st.sampled_from([None, [], ["x"]]),
        release_date=st.sampled_from([None, "2001", "0000", "2001-02-30"]),
        tag_weights=st.sampled_from([None, [1.0, 2.0], [1.0], [-1.0, np.nan]]),
        **dict.fromkeys(c.AUDIO_FEATURES, NUMBERS),
    ),
    max_size=5,
    unique_by=lambda row: row[c.TRACK_ID],
)
LISTS = st.lists(
    st.builds(playlist_row, track_id=IDS, position=st.sampled_from([None, -1, 0]), added_at=TIMES), max_size=4
)

#: A check of the real thing takes most of a second: few examples with many rows each, shown as they were found.
FEW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def judge(given_tables: Tables):
    return check(given_tables, RULES, docs=None, now=NOW)


def passed(interactions: Iterable[dict[str, Any]]) -> set[str]:
    return set(judge(tables(interactions)).tables.interactions.data[c.CONSENT].to_pylist())


@pytest.mark.integration
@FEW
@given(st.lists(INTERACTIONS, max_size=40), CATALOGUES, LISTS)
def test_no_row_is_lost_and_the_rows_that_passed_pass_again(interactions, catalogue, lists):
    outcome = judge(tables(interactions, catalogue, lists))
    for table in summarise(outcome.judgement).tables:
        assert table.read == table.kept + table.set_aside
    again = judge(outcome.tables)
    assert again.quarantined.num_rows == 0
    assert again.verdict.subject == outcome.verdict.subject


@pytest.mark.integration
@FEW
@given(st.lists(st.tuples(INTERACTIONS, st.booleans()), min_size=20, max_size=40))
def test_what_becomes_of_a_row_does_not_depend_on_the_other_rows(marked):
    # The consent says which row it is: the gate does not look at it.
    rows = [({**row, c.CONSENT: str(place)}, chosen) for place, (row, chosen) in enumerate(marked)]
    of_all = passed(row for row, _ in rows)
    of_some = passed(row for row, chosen in rows if chosen)
    assert of_some == of_all & {row[c.CONSENT] for row, chosen in rows if chosen}


@pytest.mark.integration
@FEW
@given(st.lists(INTERACTIONS, min_size=1, max_size=40), CATALOGUES.filter(bool))
def test_few_values_that_stand_for_a_column_find_the_rows_that_the_whole_column_finds(interactions, catalogue):
    from validation import suites

    whole = tables(interactions, catalogue)
    known = whole.tracks.data[c.TRACK_ID]
    frames = {
        "interactions": interactions_frame(whole.interactions.data, known),
        "tracks": tracks_frame(whole.tracks.data),
    }
    for name, frame in frames.items():
        rules = RULES.expectations(name)
        quick = suites.run_suite(name, frame, rules, NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(suites, "representatives", lambda *_: None)
            thorough = suites.run_suite(name, frame, rules, NOW)
        assert {rule: rows.tolist() for rule, rows in quick.breaches.items()} == {
            rule: rows.tolist() for rule, rows in thorough.breaches.items()
        }


@settings(deadline=None)
@given(st.data(), st.integers(0, 12))
def test_every_broken_row_is_described_once_under_the_first_rule_it_breaks(data, count):
    rules = RULES.expectations("interactions")
    rows = tables([interaction(value=float(place)) for place in range(count)]).interactions.data
    places = st.sets(st.integers(0, count - 1)) if count else st.just(set())
    breaches = {rule.name: np.array(sorted(data.draw(places)), dtype=np.int64) for rule in rules}
    first: dict[int, str] = {}
    for rule in rules:
        for place in breaches[rule.name]:
            first.setdefault(int(place), rule.name)
    described = broken_rows("interactions", rows, breaches, rules)
    assert described["rule"].to_pylist() == [first[place] for place in sorted(first)]
