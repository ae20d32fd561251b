"""The rules of one source: what differs by reading and by source, laid over the rest."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.data.reading import Reading
from pipelines.errors import ConfigError
from pipelines.sources import built_in_names, source_type
from validation.kinds import Action
from validation.refinements import merged
from validation.rules import GateRules, SourceRules


def load(folder, text):
    file = folder / "gate.toml"
    file.write_text(text, encoding="utf-8")
    return GateRules.from_toml(file)


def test_what_is_not_refined_is_as_for_all():
    rules = GateRules().for_source("somebody-elses", Reading.POPULATION)
    assert rules == SourceRules()


def test_a_person_may_be_one_listener_with_few_tracks_and_a_population_may_not():
    person, crowd = (GateRules().for_source("x", reading).batch for reading in (Reading.PERSON, Reading.POPULATION))
    assert (person.listeners.action, person.listeners.at_least) == (Action.WARN, 1)
    assert (crowd.listeners.action, crowd.listeners.at_least) == (Action.STOP, 5)
    assert (person.tracks_played.action, crowd.tracks_played.action) == (Action.WARN, Action.STOP)


def test_a_source_goes_before_its_reading_and_that_before_the_rest(tmp_path):
    rules = load(
        tmp_path,
        """
        [batch]
        join_rate = { at_least = 0.7 }
        tracks_lost = { at_most = 0.7 }
        interactions_lost = { at_most = 0.7 }
        [readings.person]
        batch = { join_rate = { at_least = 0.8 }, tracks_lost = { at_most = 0.8 } }
        [sources.lastfm]
        batch.join_rate = { at_least = 0.95 }
        """,
    ).for_source("lastfm", Reading.PERSON)
    assert rules.batch.join_rate.at_least == 0.95
    assert rules.batch.tracks_lost.at_most == 0.8
    assert rules.batch.interactions_lost.at_most == 0.7
    assert rules.batch.join_rate.action is Action.STOP


def test_a_file_adds_to_the_refinements_there_are(tmp_path):
    rules = load(tmp_path, "[sources.spotify-export]\ninteractions.play_ms = { maximum = 7_200_000 }\n")
    export = rules.for_source("spotify-export", Reading.PERSON).interactions
    assert export.play_ms.maximum == 7_200_000
    assert export.at.earliest == datetime(2006, 4, 1, tzinfo=UTC)
    assert rules.for_source("lastfm", Reading.PERSON) == GateRules().for_source("lastfm", Reading.PERSON)


def test_a_rule_nobody_asks_can_be_asked_of_one_source(tmp_path):
    rules = load(tmp_path, "[sources.files]\nbatch.age_days = { action = 'stop', at_most = 7 }\n")
    words = [each.words for each in rules.for_source("files", Reading.POPULATION).expectations("batch")]
    assert words[-1] == "the age of the newest row in days to be at most 7"
    assert words[-1] not in [each.words for each in rules.expectations("batch")]


def test_missing_values_are_asked_about_by_column(tmp_path):
    rules = load(tmp_path, "[missing.tracks]\nisrc = { action = 'stop', at_most = 0.5 }\n")
    assert [(each.name, each.reads, each.words) for each in rules.expectations("missing")] == [
        ("missing.tracks.isrc", "missing.tracks.isrc", "the share of rows without isrc to be at most 0.5")
    ]


@pytest.mark.parametrize(
    ("text", "clue"),
    [
        ("[sources.spotify-exprot]\n", "'sources.spotify-exprot': there is no such source; there are: synthetic,"),
        ("[sources.files]\ntracks.temop = { maximum = 3 }", "sources.files.tracks.temop"),
        ("[sources.files]\ntracks.tempo = { upper = 3 }", "sources.files.tracks.tempo.upper"),
        ("[sources.files]\ntrakcs.tempo = { maximum = 3 }", "sources.files.trakcs"),
        ("[sources.files]\nbatch.age_days = { at_most = 3 }", "sources.files.batch.age_days.action"),
        (
            "[sources.files]\nmissing.tracks = { track_id = { action = 'warn', at_most = 0 } }",
            "'tracks.track_id' is no",
        ),
        ("[readings.person]\nbatch.listeners = { action = 'quarantine' }", "readings.person.batch.listeners.action"),
        ("[readings.crowd]\n", "readings.crowd"),
        ("[history]\nshift = { action = 'blank' }", "history.shift.action"),
        ("[history]\nrows = { minimum = 6 }", "minimum has to be smaller"),
        ("[past]\nkeep = 0", "past.keep"),
        ("sources = 3", "sources"),
    ],
)
def test_a_wrong_refinement_is_one_sentence_that_names_the_place(tmp_path, text, clue):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert clue in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", built_in_names())
def test_every_source_has_rules_of_its_own_hash(name):
    rules = GateRules()
    mine = rules.for_source(name, source_type(name).reading)
    assert mine.hash() == rules.for_source(name, source_type(name).reading).hash() != rules.hash()


def test_the_files_shown_in_the_how_to_can_be_read(tmp_path):
    page = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "change-a-rule.md"
    examples = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 3
    for text in examples:
        assert load(tmp_path, text) != GateRules()


def test_merging_keeps_what_is_not_named():
    assert merged({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 9}, "e": 4}) == {"a": {"b": 9, "c": 2}, "d": 3, "e": 4}
