"""The rules as configuration: defaults, files, errors and words."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.data.approval import Severity
from pipelines.errors import ConfigError
from validation.kinds import Action, AtLeast, AtMost, Between, Given, Matches, OneOf, Period, Unique, plain
from validation.rules import SECTIONS, GateRules

FILE = Path(__file__).resolve().parents[3] / "infra" / "config" / "gate.toml"


def load(folder: Path, text: str) -> GateRules:
    file = folder / "gate.toml"
    file.write_text(text, encoding="utf-8")
    return GateRules.from_toml(file)


def as_in_a_file(value: object) -> object:
    """TOML has lists and no tuples, knows no None, and the file leaves out the one setting that has a default."""
    if isinstance(value, dict):
        inner = {str(key): as_in_a_file(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each is not None and (key != "above" or each)}
    return list(value) if isinstance(value, tuple) else value


def test_the_file_says_everything_the_code_says_and_nothing_else():
    assert tomllib.loads(FILE.read_text(encoding="utf-8")) == as_in_a_file(GateRules().model_dump())
    assert GateRules.from_toml(FILE) == GateRules()


def test_a_file_needs_only_what_differs(tmp_path):
    rules = load(tmp_path, "[tracks]\ntempo = { maximum = 300 }\n")
    tempo = GateRules().tracks.tempo
    assert rules.tracks.tempo == tempo.model_copy(update={"maximum": 300})
    assert rules.tracks.loudness == GateRules().tracks.loudness
    assert rules.interactions == GateRules().interactions


def test_every_threshold_is_part_of_the_hash(tmp_path):
    assert load(tmp_path, "[batch]\njoin_rate = { at_least = 0.91 }\n").hash() != GateRules().hash()
    assert load(tmp_path, "[batch]\njoin_rate = { at_least = 0.9 }\n").hash() == GateRules().hash()


@pytest.mark.parametrize(
    ("text", "clue"),
    [
        ("[tracks]\ntemop = { maximum = 300 }", "tracks.temop"),
        ("[tracks]\ntempo = { upper = 300 }", "tracks.tempo.upper"),
        ("[trakcs]\n", "trakcs"),
        ("tracks = 3", "tracks"),
        ("[tracks]\ntempo = 300", "tracks.tempo"),
        ("[tracks]\ntempo = { minimum = 250 }", "minimum has to be smaller"),
        ("[tracks]\ntempo = { maximum = nan }", "minimum has to be smaller"),
        ("[tracks]\nisrc = { pattern = '[' }", "no regular expression"),
        ("[interactions]\nuser_id = { action = 'blank' }", "'user_id' cannot be blanked"),
        ("[interactions]\nuser_id = { action = 'ignore' }", "interactions.user_id.action"),
        ("[interactions]\nat = { earliest = 2002-01-01T00:00:00 }", "interactions.at.earliest"),
        ("[interactions]\nat = { tolerance_days = -1 }", "interactions.at.tolerance_days"),
        ("[batch]\njoin_rate = { action = 'quarantine' }", "batch.join_rate.action"),
        ("[tracks]\nunique_id = { action = 'blank' }", "tracks.unique_id.action"),
        ("[tracks", "TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_place(tmp_path, text, clue):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert clue in str(caught.value)
    assert "gate.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("action", "severity", "removes"),
    [
        (Action.WARN, Severity.WARN, False),
        (Action.BLANK, Severity.WARN, False),
        (Action.QUARANTINE, Severity.QUARANTINE, True),
        (Action.STOP, Severity.STOP, True),
    ],
)
def test_what_an_action_means(action, severity, removes):
    assert action.severity is severity
    assert action.removes is removes


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Given(action=Action.WARN), "to be given"),
        (OneOf(action=Action.WARN, values=(0, 1)), "to be one of 0, 1"),
        (Between(action=Action.WARN, minimum=-60, maximum=4.5), "to be between -60 and 4.5"),
        (Between(action=Action.WARN, minimum=0, maximum=1000, above=True), "to be above 0 and at most 1,000"),
        (Matches(action=Action.WARN, pattern="^x$", form="an x"), "to be an x"),
        (
            Period(action=Action.WARN, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=1),
            "to be between 2002-01-01 and now plus 1 day",
        ),
        (
            Period(action=Action.WARN, earliest=datetime(2002, 1, 1, tzinfo=UTC), tolerance_days=0.5),
            "to be between 2002-01-01 and now plus 0.5 days",
        ),
        (Unique(action=Action.STOP), "to stand in one row only"),
        (AtLeast(action=Action.STOP, at_least=0.9), "to be at least 0.9"),
        (AtMost(action=Action.STOP, at_most=12_000), "to be at most 12,000"),
    ],
)
def test_rules_speak_plainly(rule, words):
    assert rule.wanted() == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_234_567, "1,234,567"),
        (-5.0, "-5"),
        (0.25, "0.25"),
        (1 / 3, "0.3333"),
        (0.999_999, "1"),
        (1e-7, "1e-07"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (True, "true"),
        (None, "none"),
        ("a\nb", r"'a\nb'"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-01-02 03:04:05+00:00"),
    ],
)
def test_values_are_written_for_people(value, text):
    assert plain(value) == text


def test_long_text_is_cut():
    assert len(plain("x" * 1_000_000)) == 60


def test_every_rule_says_what_it_expects_and_why():
    for section in SECTIONS:
        for each in GateRules().expectations(section):
            assert each.why, each.name
            assert len(each.words.split()) > 2, each.name


def test_the_gate_is_imported_without_great_expectations():
    code = "import sys, validation.gate, validation.report; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
