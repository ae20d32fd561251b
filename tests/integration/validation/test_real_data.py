"""The gate on real listening data: it passes, and the few impossible values are found."""

from __future__ import annotations

import pytest

from pipelines.data import columns as c
from pipelines.data.cleaning import clean
from pipelines.sources import source_type
from tests.support.dirty_tables import NOW
from validation.gate import check
from validation.quarantine_lines import count_reasons
from validation.rules import GateRules

pytestmark = [pytest.mark.integration, pytest.mark.realdata]


def test_the_hetrec_archive_passes_and_an_artist_without_a_beat_loses_two_features(shared_data):
    kind = source_type("hetrec-lastfm")
    cleaned = clean(kind(kind.options_type(archive=shared_data / "hetrec2011-lastfm-2k.zip")))
    outcome = check(cleaned.tables, GateRules(), docs=None, now=NOW, rejected=cleaned.rejected)
    assert outcome.verdict.passed
    assert outcome.tables.interactions == cleaned.tables.interactions
    before, after = cleaned.tables.tracks.data, outcome.tables.tracks.data
    # Spotify gives 0 for both where it found no beat; in this data that is one artist.
    assert [entry.rows for entry in count_reasons(outcome.quarantined)] == [1, 1]
    for name in (c.DANCEABILITY, c.TEMPO):
        assert before[name].to_pylist().count(0.0) == 1
        assert after[name].null_count == before[name].null_count + 1
